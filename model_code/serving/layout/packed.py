"""Rows that several texts share, with hardly any padding.

A text's word pieces attend only to their own segment and count their positions from its beginning, so a text gets the
same answer as in a row of its own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import ClassVar

import numpy as np

from model_code.serving.layout import runs
from model_code.serving.layout.runs import TYPES, Array

# Attention covers the whole row: each word piece in a row adds this share to the cost of every other one (measured on
# DistilBERT-base's shape).
ATTENTION = 0.0035
MAX_ROW_LENGTH = 2  # times the length of the longest text
ROW_COUNTS_TRIED = 24
GOOD_ENOUGH = 1.02  # times the least possible cost: the search ends
PADDING = 0  # the segment of padding

Row = tuple[int, list[int]]  # its number of word pieces, the positions of its texts


class Packed:
    """Texts one behind the other, in rows of nearly equal length."""

    REQUIRED: ClassVar = frozenset({"input_ids", "position_ids", "segment_ids", "first_positions"})

    def __init__(self, inputs: frozenset[str], *, pad_id: int) -> None:
        self._inputs = inputs
        self._pad_id = pad_id

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions by run, longest texts first. Much shorter texts begin a new run: attention costs less there."""
        batches: list[list[int]] = []
        longest = pieces = 0
        left = sum(lengths)
        for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
            length = lengths[position]
            fits = (pieces + length) * (1 + ATTENTION * longest) <= runs.TOKENS_PER_RUN
            saved = ATTENTION * (longest - length) * min(left, runs.TOKENS_PER_RUN - pieces)
            if not batches or not fits or saved > runs.RUN_TOKENS:
                batches.append([])
                longest, pieces = length, 0
            batches[-1].append(position)
            pieces += length
            left -= length
        return batches

    def arrange(self, texts: Sequence[runs.Text]) -> tuple[dict[str, Array], Array]:
        """Inputs of shape (rows, longest row), and each text's row in the output, which has one for each slot.

        ``segment_ids``: 1 for a row's first text, 2 for its second, PADDING for none.
        ``first_positions`` (rows, slots): where in the row each text begins.
        """
        ids = [text.ids for text in texts]
        rows = _rows([len(each) for each in ids])
        width, slots = max(width for width, _ in rows), max(len(within) for _, within in rows)
        counted = range(width)
        feeds: dict[str, list[list[int]]] = {name: [] for name in self._inputs}
        places = np.empty(len(texts), dtype=np.int64)
        for row, (_, within) in enumerate(rows):
            lengths = [len(ids[text]) for text in within]
            places[within] = range(row * slots, row * slots + len(within))
            feeds["input_ids"].append(_joined((ids[text] for text in within), length=width, padding=self._pad_id))
            feeds["position_ids"].append(_joined((counted[:length] for length in lengths), length=width, padding=0))
            segments = ([slot] * length for slot, length in enumerate(lengths, start=1))
            feeds["segment_ids"].append(_joined(segments, length=width, padding=PADDING))
            feeds["first_positions"].append(
                _joined([list(accumulate(lengths[:-1], initial=0))], length=slots, padding=0)
            )
            if TYPES in feeds:
                feeds[TYPES].append(_joined((texts[text].type_ids for text in within), length=width, padding=0))
        return {name: np.array(each, dtype=np.int64) for name, each in feeds.items()}, places


def _joined(parts: Iterable[Sequence[int]], *, length: int, padding: int) -> list[int]:
    """The parts one behind the other, padded to ``length`` with the number ``padding``."""
    row = list(chain.from_iterable(parts))
    row.extend([padding] * (length - len(row)))
    return row


def _rows(lengths: Sequence[int]) -> list[Row]:
    """The texts in the number of rows that costs the least of those tried."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    pieces, longest = sum(lengths), lengths[order[0]]
    most = min(len(order), pieces // longest + 1)
    least = max(1, pieces // (MAX_ROW_LENGTH * longest))
    enough = GOOD_ENOUGH * pieces * (1 + ATTENTION * longest)
    best, least_cost = _filled(order, lengths, most), float("inf")
    for count in range(most, least - 1, -max(1, (most - least) // ROW_COUNTS_TRIED)):
        rows = _filled(order, lengths, count)
        if (cost := _cost(rows)) < least_cost:
            best, least_cost = rows, cost
        if cost <= enough:
            break
    return best


def _filled(order: Sequence[int], lengths: Sequence[int], count: int) -> list[Row]:
    """The texts in ``count`` rows, each in the shortest row so far, which keeps their lengths similar."""
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
