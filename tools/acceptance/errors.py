"""What ends a run, or keeps it from starting."""

from __future__ import annotations


class UsageError(Exception):
    """The run cannot start; the text is one line with the remedy."""


class StepError(Exception):
    """A step failed; the text says what was seen."""


class LimitError(Exception):
    """The agreed limit of time or money is reached."""
