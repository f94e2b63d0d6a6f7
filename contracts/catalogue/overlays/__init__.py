"""What people add to the derived contracts, a file for each; see `contracts.readers.overlay`."""
