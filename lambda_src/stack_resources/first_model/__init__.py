"""Custom resource: trains the first model when an environment has none."""
