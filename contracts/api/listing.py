"""What an answer lists: the most probable labels of a prediction, and whether it is uncertain. No I/O."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

MIN_TOP_K, MAX_TOP_K = 2, 1000
_FIRST = ("predicted_label", "probabilities", "labels")


def is_uncertain(confidence: float | None, threshold: float | None) -> bool | None:
    """Whether the highest probability is below the threshold; None without the one or the other."""
    return None if threshold is None or confidence is None else confidence < threshold


def listed(prediction: Mapping[str, Any], *, top_k: int | None, threshold: float | None) -> dict[str, Any]:
    """A prediction as the contract describes it for `top_k` and `threshold`; unchanged without probabilities.

    prediction: with all labels, as a model answers it. top_k: None for all labels, in their order. threshold: None for
    an answer that does not say whether it is uncertain.
    """
    rows = prediction.get("probabilities")
    if rows is None:
        return dict(prediction)
    (row,), labels, predicted = rows, prediction["labels"], prediction["predicted_label"]
    rest = {name: value for name, value in prediction.items() if name not in _FIRST}
    uncertain = is_uncertain(max(row), threshold)
    stated = {} if uncertain is None else {"uncertain": uncertain}
    if top_k is None:
        return {"predicted_label": predicted, **stated, "probabilities": rows, "labels": labels, **rest}
    # Among equals the predicted label is the first.
    ranks = [(-probability, label != predicted) for probability, label in zip(row, labels, strict=True)]
    order = heapq.nsmallest(top_k, range(len(ranks)), key=ranks.__getitem__)
    omitted = len(labels) - len(order)
    return {
        "predicted_label": predicted,
        **stated,
        "probabilities": [[row[index] for index in order]],
        "labels": [labels[index] for index in order],
        **({"labels_omitted": omitted} if omitted else {}),
        **rest,
    }
