"""Errors that end a run or keep it from starting."""

from __future__ import annotations


class UsageError(Exception):
    """The run cannot start; the message is one line with the remedy."""


class StepError(Exception):
    """A step failed; the message is its observation."""


class LimitError(Exception):
    """The agreed limit of time or money is reached."""
