"""Parts of the rows for cross-fitting; whole groups, so that near copies never judge a model that has seen one."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.texts import text_normalization
from model_code.training.data.rows import Row

FOLDS = 5
Array = np.ndarray[Any, Any]


def of(rows: Sequence[Row], *, seed: int, count: int = FOLDS) -> Array:
    """Each row's part, 0 to ``count`` - 1, shape (rows,): about as many rows of every label in each.

    It depends on the rows' content and not on their order.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        members[group(row)].append(at)
    held = [Counter[str]() for _ in range(count)]
    sizes = [0] * count
    parts = np.zeros(len(rows), dtype=np.int64)
    # The largest groups first: the small ones then even the parts out.
    for name in sorted(members, key=lambda name: (-len(members[name]), rank(name, seed))):
        of_labels = Counter(rows[at].label for at in members[name])
        chosen = min(range(count), key=lambda part: (sum(held[part][label] for label in of_labels), sizes[part], part))
        held[chosen].update(of_labels)
        sizes[chosen] += len(members[name])
        parts[members[name]] = chosen
    return parts


def group(row: Row) -> str:
    """The name of what a row must stay together with: its group, or its equals."""
    return row.group or text_normalization.key(row.text)


def rank(name: str, seed: int) -> bytes:
    """A hash by which rows or groups are put in an order that depends on their content only."""
    return hashlib.blake2b(f"{seed}\0folds\0{name}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
