"""The interface of a layout, and the choice of the one for a graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from model_code.serving.layout import packed, padded, runs

Feeds = dict[str, runs.Array]


class Form(Protocol):
    """A layout of texts."""

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions in ``lengths`` (word pieces of each text) by run, at the least total cost.

        No run exceeds the token budget, unless a single text does.
        """

    def arrange(self, texts: Sequence[runs.Text]) -> tuple[Feeds, runs.Array]:
        """The graph's inputs for one run, and each text's row in its output."""


def of(inputs: Iterable[str], *, pad_id: int) -> Form:
    """The layout for a graph with these inputs; ValueError if there is none."""
    names = frozenset(inputs)
    for form in (packed.Packed, padded.Padded):
        if form.REQUIRED <= names <= form.REQUIRED | {runs.TYPES}:
            return form(names, pad_id=pad_id)
    raise ValueError(f"no layout has these inputs: {', '.join(sorted(names))}")
