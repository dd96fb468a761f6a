"""What an A/B test refuses, and how a step learns that another was faster."""

from __future__ import annotations


class RefusedError(Exception):
    """What was asked for cannot be done; one sentence that says why, and what to do. Nothing was changed."""


class OvertakenError(Exception):
    """Another step has written the record since this one read it; what this one did is done again or not needed."""
