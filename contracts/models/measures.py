"""What a model's container measures of each text and returns beside its answer, as "measures"."""

from __future__ import annotations

from typing import TypedDict

LENGTH, UNKNOWN_PIECES, UNSEEN_WORDS = MEASURES = ("length", "unknown_pieces", "unseen_words")
DECIMALS = 4  # of a share


class Measures(TypedDict):
    """A text's length in word pieces, or in words where a linear model serves alone, whatever the model reads of it.

    unknown_pieces, unseen_words: the shares of word pieces that the tokenizer does not know, and of words that training
    never saw; None if the text has none, or if the artifact cannot tell.
    """

    length: int
    unknown_pieces: float | None
    unseen_words: float | None
