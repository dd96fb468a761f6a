"""Parts of the rows for cross-fitting; whole groups, so that near copies never judge a model that has seen one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.texts import text_normalization
from model_code.training.data.rows import Row

FOLDS = 5
Array = np.ndarray[Any, Any]


def of(rows: Sequence[Row], *, seed: int) -> Array:
    """Each row's part, 0 to FOLDS - 1, shape (rows,): about as many groups of every label in each.

    It depends on the rows' content and not on their order.
    """
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        groups.setdefault(row.group or text_normalization.key(row.text), []).append(at)
    labels = sorted({row.label for row in rows})
    following = Counter({label: at for at, label in enumerate(labels)})  # labels of one group are not all in one part
    parts = np.zeros(len(rows), dtype=np.int64)
    for name in sorted(groups, key=lambda name: _rank(name, seed)):
        label = min(rows[at].label for at in groups[name])
        parts[groups[name]] = following[label] % FOLDS
        following[label] += 1
    return parts


def _rank(name: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0folds\0{name}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
