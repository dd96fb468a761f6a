"""What the gate cannot judge."""

from __future__ import annotations


class EvaluationMissing(Exception):  # noqa: N818 (the state machine matches this name)
    """The training job left no evaluation that can be judged; one sentence."""
