"""Rows that several texts share, so that next to nothing of what is computed is padding.

A text's word pieces attend to those of their own segment alone and count their positions from its beginning, so a text
gets the answer that it would get by itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from model_code.serving.arranging import runs

# Attention is computed with the whole row: so much does each word piece in a row add to the cost of each in it
# (measured on DistilBERT-base's shape).
ATTENTION = 0.0045
MOST_IN_A_ROW = 3  # times the longest text's length is as long as a row is tried
TRIED = 24  # numbers of rows
PADDING = 0  # the segment of what belongs to no text

Row = tuple[int, list[int]]  # word pieces in it, positions of its texts


class Packed:
    """Texts behind each other in rows of nearly one length."""

    REQUIRED: ClassVar = frozenset({"input_ids", "position_ids", "segment_ids", "first_positions"})

    def __init__(self, inputs: frozenset[str], *, pad_id: int) -> None:
        self._inputs = inputs
        self._pad_id = pad_id

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions by run."""
        return runs.divide(lengths, cost=lambda _, pieces, longest: pieces * (1 + ATTENTION * longest))

    def arrange(self, encodings: Sequence[runs.Text]) -> tuple[dict[str, np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
        """Inputs of shape (rows, longest row), and each text's place in the answer, which has a row for each slot.

        ``segment_ids``: 1 for a row's first text, 2 for its second, PADDING for none.
        ``first_positions`` (rows, slots): where in the row each text begins.
        """
        rows = _rows([len(encoding.ids) for encoding in encodings])
        shape = (len(rows), max(width for width, _ in rows))
        slots = max(len(texts) for _, texts in rows)
        feeds = {
            "input_ids": np.full(shape, self._pad_id, dtype=np.int64),
            "position_ids": np.zeros(shape, dtype=np.int64),
            "segment_ids": np.full(shape, PADDING, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
            "first_positions": np.zeros((len(rows), slots), dtype=np.int64),
        }
        places = np.empty(len(encodings), dtype=np.int64)
        counted = np.arange(shape[1])
        for row, (_, texts) in enumerate(rows):
            begin = 0
            for slot, text in enumerate(texts):
                ids = encodings[text].ids
                end = begin + len(ids)
                feeds["input_ids"][row, begin:end] = ids
                feeds["position_ids"][row, begin:end] = counted[: len(ids)]
                feeds["segment_ids"][row, begin:end] = slot + 1
                feeds["token_type_ids"][row, begin:end] = encodings[text].type_ids
                feeds["first_positions"][row, slot] = begin
                places[text] = row * slots + slot
                begin = end
        return {name: feeds[name] for name in self._inputs}, places


def _rows(lengths: Sequence[int]) -> list[Row]:
    """The texts in as many rows as cost the least of those that are tried."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    pieces, longest = sum(lengths), lengths[order[0]]
    most = min(len(order), pieces // longest + 1)
    least = max(1, pieces // (MOST_IN_A_ROW * longest))
    step = -(-(most - least + 1) // TRIED)
    return min((_filled(order, lengths, rows) for rows in range(most, least - 1, -step)), key=_cost)


def _filled(order: Sequence[int], lengths: Sequence[int], count: int) -> list[Row]:
    """The texts in ``count`` rows, each in the one that is shortest so far: all end up about as long."""
    rows: list[tuple[int, int]] = [(0, row) for row in range(count)]
    texts: list[list[int]] = [[] for _ in range(count)]
    for text in order:
        width, row = rows[0]
        texts[row].append(text)
        heapq.heapreplace(rows, (width + lengths[text], row))
    return [(width, texts[row]) for width, row in rows]


def _cost(rows: Sequence[Row]) -> float:
    width = max(width for width, _ in rows)
    return len(rows) * width * (1 + ATTENTION * width)
