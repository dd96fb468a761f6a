"""What features say of a text that waits to be labelled: how much more, or less, its label is worth. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.features import computed

# Feedback that is counted as if it had agreed: one wrong answer of one is no sign yet.
_PRIOR = 5
# A text whose key people have labelled already teaches less, in whatever spelling it came.
_LABELLED = 0.25


def weighted(uncertainty: float, features: Mapping[str, Any]) -> float:
    """The uncertainty of a text, from 0 to 1, moved by its features: up to 1 where callers say that answers to this
    caller or publisher are wrong, down where its key has labels. Without features it is as it was.
    """
    if not uncertainty:
        return 0.0
    wrong = max(_wrong(features, entity) for entity in ("caller", "publisher"))
    raised = uncertainty + (1.0 - uncertainty) * wrong
    return raised * (_LABELLED if features.get(f"text.{computed.LABELLERS}") else 1.0)


def _wrong(features: Mapping[str, Any], entity: str) -> float:
    """The share of wrong answers by the feedback, drawn towards 0 where there is little of it."""
    count = features.get(f"{entity}.{computed.FEEDBACK}") or 0
    share = features.get(f"{entity}.{computed.WRONG_SHARE}") or 0.0
    return float(share * count / (count + _PRIOR))
