"""What the model's container measured of a text, checked before it is logged. No I/O."""

from __future__ import annotations

from typing import Any

from contracts.models.measures import LENGTH, MEASURES, UNKNOWN_PIECES, UNSEEN_WORDS, Measures


def read(value: Any) -> Measures | None:
    """The measures of a prediction; None if it has none, as those of older models, or unusable ones.

    Callers do not get them, so they never make an answer unusable.
    """
    if not isinstance(value, dict) or not value.keys() >= set(MEASURES):
        return None
    length, shares = value[LENGTH], [value[name] for name in (UNKNOWN_PIECES, UNSEEN_WORDS)]
    if type(length) is not int or length < 0 or not all(share is None or _is_share(share) for share in shares):
        return None
    unknown, unseen = (None if share is None else float(share) for share in shares)
    return {"length": length, "unknown_pieces": unknown, "unseen_words": unseen}


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
