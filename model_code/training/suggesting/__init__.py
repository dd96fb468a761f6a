"""What the suggestions for a dataset mean."""
