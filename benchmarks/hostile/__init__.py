"""Request bodies made to be expensive, and their cost to a function: `python -m benchmarks.hostile`, and tests."""
