"""Bodies that are made to cost a function much, and what they cost it: `benchmarks.security`, and tests."""
