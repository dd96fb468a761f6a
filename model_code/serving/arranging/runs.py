"""Cutting texts into runs of the model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

TOKENS_PER_RUN = 768  # beyond it a layer's widest activations, 9 MB, leave the core's cache: nothing is gained
RUN_TOKENS = 22  # word pieces that cost as much as a run costs for itself (measured on DistilBERT-base's shape)

Counts = np.ndarray[Any, Any]
Cost = Callable[[Counts, Counts, Counts], Counts]


class Text(Protocol):
    """What is laid out: a text as a tokenizer has cut it (``tokenizers.Encoding``)."""

    @property
    def ids(self) -> list[int]:
        """Its word pieces."""

    @property
    def type_ids(self) -> list[int]:
        """Of each of them, which sentence of a pair it belongs to."""


def divide(lengths: Sequence[int], *, cost: Cost) -> list[list[int]]:
    """Positions in ``lengths``, longest texts first, cut such that all runs together cost the least.

    ``cost``: what runs are computed as, in word pieces, from their numbers of texts, their texts' word pieces in all
    and their longest text's. No run costs more than TOKENS_PER_RUN, unless a text alone does.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    longest = np.array([lengths[position] for position in order])
    if _is_one(longest, cost):
        return [order]
    sums = np.concatenate(([0], longest.cumsum()))
    costs = np.zeros(len(order) + 1)
    begins = np.zeros(len(order) + 1, dtype=np.int64)
    for end in range(1, len(order) + 1):
        # Of runs that end here: the one before which all is cheapest, this run included.
        begin = max(0, end - max(1, TOKENS_PER_RUN // int(longest[end - 1])))
        own = cost(np.arange(end - begin, 0, -1), sums[end] - sums[begin:end], longest[begin:end])
        too_much = own > TOKENS_PER_RUN
        too_much[-1] = False
        total = np.where(too_much, np.inf, costs[begin:end] + own + RUN_TOKENS)
        begins[end] = begin + total.argmin()
        costs[end] = total.min()
    cuts = [len(order)]
    while cuts[-1]:
        cuts.append(int(begins[cuts[-1]]))
    return [order[begin:end] for end, begin in itertools.pairwise(cuts)][::-1]


def _is_one(longest: Counts, cost: Cost) -> bool:
    """Whether no division can pay: all alone would not save what one more run costs."""
    whole = float(cost(np.array([len(longest)]), longest.sum(keepdims=True), longest[:1])[0])
    alone = float(cost(np.ones_like(longest), longest, longest).sum())
    return len(longest) == 1 or whole <= min(TOKENS_PER_RUN, alone + RUN_TOKENS)
