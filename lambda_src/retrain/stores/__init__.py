"""What the function reads and writes: the log's audit sample, the ledger of labels, old rows, runs and decisions."""
