"""Which epoch is kept: the latest whose score is within chance of the best on the validation part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np


def standard_error(right: np.ndarray[Any, Any], groups: Sequence[str]) -> float:
    """The standard error of the accuracy of ``right`` (texts,), bool, clustered by group: near duplicates, stories.

    A text without a group ("") is a group of its own.
    """
    positions: dict[str, int] = {}
    members = [positions.setdefault(group or f"\0{index}", len(positions)) for index, group in enumerate(groups)]
    return float(np.sqrt((np.bincount(members, weights=right - right.mean()) ** 2).sum()) / len(right))


def score(macro_f1: float, tolerance: float, earlier: Iterable[Mapping[str, float]]) -> float:
    """A score that exceeds those of all earlier epochs if, and only if, this epoch is to be kept instead of them.

    ``earlier``: the previous epochs in order, each with eval_macro_f1 and eval_tolerance. An epoch is kept when its
    macro F1 is at most ``tolerance`` (a standard error) below the best so far. With few validation texts the best is
    often an early epoch by luck, while a later one, with a lower learning rate, is the better model.
    """
    best, kept = 0.0, 0
    for epoch in earlier:
        if epoch["eval_macro_f1"] >= best - epoch["eval_tolerance"]:
            kept += 1
        best = max(best, epoch["eval_macro_f1"])
    return kept + 1 + macro_f1 if macro_f1 >= best - tolerance else macro_f1
