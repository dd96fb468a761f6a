"""The statistics of A/B tests: evidence that holds at any time. No I/O, and nothing but the standard library."""
