"""A row for each text, as long as the longest text: possible with every model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from model_code.serving.layout import runs
from model_code.serving.layout.runs import TYPES, Array


class Padded:
    """A row for each text, the shorter ones padded. Padding costs as much as text."""

    REQUIRED: ClassVar = frozenset({"input_ids", "attention_mask"})

    def __init__(self, inputs: frozenset[str], *, pad_id: int) -> None:
        self._inputs = inputs
        self._pad_id = pad_id

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions by run, longest texts first, similar lengths together, by dynamic programming."""
        order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
        longest = np.array([lengths[position] for position in order])
        costs = np.zeros(len(order) + 1)
        begins = np.zeros(len(order) + 1, dtype=np.int64)
        for end in range(1, len(order) + 1):
            # Of the runs that end here, the one with the lowest cost of all runs up to it.
            begin = max(0, end - max(1, runs.TOKENS_PER_RUN // int(longest[end - 1])))
            tokens = longest[begin:end] * np.arange(end - begin, 0, -1)
            too_many = tokens > runs.TOKENS_PER_RUN
            too_many[-1] = False
            total = np.where(too_many, np.inf, costs[begin:end] + tokens + runs.RUN_TOKENS)
            begins[end] = begin + total.argmin()
            costs[end] = total.min()
        cuts = [len(order)]
        while cuts[-1]:
            cuts.append(int(begins[cuts[-1]]))
        return [order[begin:end] for end, begin in itertools.pairwise(cuts)][::-1]

    def arrange(self, texts: Sequence[runs.Text]) -> tuple[dict[str, Array], Array]:
        """Inputs of shape (texts, longest), and each text's row in the output: its own."""
        shape = (len(texts), max(len(text.ids) for text in texts))
        feeds = {name: np.zeros(shape, dtype=np.int64) for name in self._inputs}
        feeds["input_ids"][:] = self._pad_id
        for row, text in enumerate(texts):
            ids = text.ids
            feeds["input_ids"][row, : len(ids)] = ids
            feeds["attention_mask"][row, : len(ids)] = 1
            if TYPES in feeds:
                feeds[TYPES][row, : len(ids)] = text.type_ids
        return feeds, np.arange(len(texts))
