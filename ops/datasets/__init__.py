"""Dataset versions and the ledger of labels that they are made of: `rubric data`."""
