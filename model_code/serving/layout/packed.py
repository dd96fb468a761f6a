"""Rows that several texts share, so that next to nothing of what is computed is padding.

A text's word pieces attend to those of their own segment alone and count their positions from its beginning, so a text
gets the answer that it would get by itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import ClassVar

import numpy as np

from model_code.serving.layout import runs
from model_code.serving.layout.runs import TYPES, Array

# Attention is computed with the whole row: so much does each word piece in a row add to the cost of each in it
# (measured on DistilBERT-base's shape).
ATTENTION = 0.0035
LONGEST_ROW = 2  # times as long as the longest text
TRIED = 24  # numbers of rows
NEARLY_ALL = 1.02  # times the least that the texts could cost: no more is tried
PADDING = 0  # the segment of what belongs to no text

Row = tuple[int, list[int]]  # word pieces in it, positions of its texts


class Packed:
    """Texts behind each other in rows of nearly one length."""

    REQUIRED: ClassVar = frozenset({"input_ids", "position_ids", "segment_ids", "first_positions"})

    def __init__(self, inputs: frozenset[str], *, pad_id: int) -> None:
        self._inputs = inputs
        self._pad_id = pad_id

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions by run, longest texts first. Where much shorter ones begin, so does a run: attention costs them."""
        found: list[list[int]] = []
        longest = pieces = 0
        left = sum(lengths)
        for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
            length = lengths[position]
            fits = (pieces + length) * (1 + ATTENTION * longest) <= runs.TOKENS_PER_RUN
            saved = ATTENTION * (longest - length) * min(left, runs.TOKENS_PER_RUN - pieces)
            if not found or not fits or saved > runs.RUN_TOKENS:
                found.append([])
                longest, pieces = length, 0
            found[-1].append(position)
            pieces += length
            left -= length
        return found

    def arrange(self, texts: Sequence[runs.Text]) -> tuple[dict[str, Array], Array]:
        """Inputs of shape (rows, longest row), and each text's place in the answer, which has a row for each slot.

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
            feeds["input_ids"].append(_joined((ids[text] for text in within), to=width, by=self._pad_id))
            feeds["position_ids"].append(_joined((counted[:length] for length in lengths), to=width, by=0))
            segments = ([slot] * length for slot, length in enumerate(lengths, start=1))
            feeds["segment_ids"].append(_joined(segments, to=width, by=PADDING))
            feeds["first_positions"].append(_joined([list(accumulate(lengths[:-1], initial=0))], to=slots, by=0))
            if TYPES in feeds:
                feeds[TYPES].append(_joined((texts[text].type_ids for text in within), to=width, by=0))
        return {name: np.array(each, dtype=np.int64) for name, each in feeds.items()}, places


def _joined(parts: Iterable[Sequence[int]], *, to: int, by: int) -> list[int]:
    """The parts one behind the other, filled up ``to`` that length ``by`` that number."""
    row = list(chain.from_iterable(parts))
    row.extend([by] * (to - len(row)))
    return row


def _rows(lengths: Sequence[int]) -> list[Row]:
    """The texts in as many rows as cost the least of those that are tried."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    pieces, longest = sum(lengths), lengths[order[0]]
    most = min(len(order), pieces // longest + 1)
    least = max(1, pieces // (LONGEST_ROW * longest))
    enough = NEARLY_ALL * pieces * (1 + ATTENTION * longest)
    best, least_cost = _filled(order, lengths, most), float("inf")
    for count in range(most, least - 1, -max(1, (most - least) // TRIED)):
        rows = _filled(order, lengths, count)
        if (cost := _cost(rows)) < least_cost:
            best, least_cost = rows, cost
        if cost <= enough:
            break
    return best


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
