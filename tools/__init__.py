"""Commands for working on Rubric: set-up, bundling, tests."""
