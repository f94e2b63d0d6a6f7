"""What the documents promise: the catalogue of contracts, their clauses, and the lines they stand on."""
