"""Training runs: started, found, followed."""
