"""Bodies that are made to cost a function much, and what they cost it: `benchmarks.hostile`, and tests."""
