"""Commands that measure Rubric beside a named peer."""
