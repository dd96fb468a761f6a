"""Commands for working on Rubric: setting up, bundling, running the tests."""
