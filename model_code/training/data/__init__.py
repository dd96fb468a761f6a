"""From a dataset file to clean, grouped and split rows."""
