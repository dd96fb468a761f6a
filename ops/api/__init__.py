"""The deployed API and its keys."""
