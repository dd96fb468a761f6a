"""Constructs that the stacks are put together from, one to a file."""
