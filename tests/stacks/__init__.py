"""Tests of the templates that the stacks make."""
