"""Commands that measure Rubric, usually against a named peer."""
