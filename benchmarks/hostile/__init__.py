"""Bodies that are made to cost a function much, and what they cost it: `python -m benchmarks.hostile`, and tests."""
