"""What the classifier asks of a layout of texts, and the one that a graph takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from model_code.serving.layout import packed, padded, runs

Feeds = dict[str, runs.Array]


class Form(Protocol):
    """A layout of texts."""

    def divide(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions in ``lengths``, which are texts' word pieces, by run: such that all runs together cost the least.

        No run goes beyond the token budget, unless one text does.
        """

    def arrange(self, texts: Sequence[runs.Text]) -> tuple[Feeds, runs.Array]:
        """The graph's inputs for one run, and where in its answer the row of each text is."""


def of(inputs: Iterable[str], *, pad_id: int) -> Form:
    """The form whose inputs a graph has; ValueError when none has them."""
    names = frozenset(inputs)
    for form in (packed.Packed, padded.Padded):
        if form.REQUIRED <= names <= form.REQUIRED | {runs.TYPES}:
            return form(names, pad_id=pad_id)
    raise ValueError(f"inputs that no text is laid out for: {', '.join(sorted(names))}")
