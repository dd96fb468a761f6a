"""Dataset versions: the ledger's events folded into rows, and the rows' parts, which stay from version to version."""
