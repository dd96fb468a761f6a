"""The gate's errors."""

from __future__ import annotations


class EvaluationMissing(Exception):  # noqa: N818 (the state machine matches this name)
    """The training job left no usable evaluation; one sentence."""


class OutputRefused(Exception):  # noqa: N818 (the state machine shows this name)
    """The training job's output is not, or no longer, what the job wrote; one sentence that says what to do."""


class VersionRefused(Exception):  # noqa: N818 (the state machine shows this name)
    """The dataset version that a job has made cannot be stored any more; one sentence that says what to do."""
