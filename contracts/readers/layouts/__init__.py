"""One module a layout; a new one is found here by itself."""
