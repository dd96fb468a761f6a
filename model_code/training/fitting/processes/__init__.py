"""Training on several processes, and one of these."""
