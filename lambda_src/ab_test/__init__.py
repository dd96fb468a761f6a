"""A/B tests: a new model (the challenger) against the one that serves (the champion)."""
