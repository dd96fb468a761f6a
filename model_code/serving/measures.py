"""What is measured of each text besides its answer: by these, drift shows even where no text is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tokenizers import Encoding, Tokenizer

from contracts.models.measures import DECIMALS, Measures
from contracts.texts.words import words
from model_code.serving.seen_words import SeenWords
from model_code.serving.texts import EncodedText, PlainText


class Gauge:
    """Measures texts for one artifact. ``tokenizer``: None where a linear model serves alone."""

    def __init__(self, tokenizer: Tokenizer | None, seen: SeenWords | None) -> None:
        self._seen = seen
        self._unknown = unknown_id(tokenizer) if tokenizer else None
        self._special = tokenizer.num_special_tokens_to_add(False) if tokenizer else 0
        cut = tokenizer.truncation if tokenizer else None
        self._longest = int(cut["max_length"]) if cut else None
        self._overlap = int(cut["stride"]) if cut else 0

    def measure(self, texts: Sequence[PlainText | EncodedText]) -> list[Measures]:
        """Of each text, also of what the encoder does not read."""
        return [self._measured(text) for text in texts]

    def _measured(self, text: PlainText | EncodedText) -> Measures:
        found = words(text.text)
        length, unknown = (len(found), None) if isinstance(text, PlainText) else self._pieces(text)
        return {
            "length": length,
            "unknown_pieces": round(unknown / length, DECIMALS) if unknown is not None and length else None,
            "unseen_words": round(self._seen.unseen_share(found), DECIMALS) if self._seen and found else None,
        }

    def _pieces(self, text: EncodedText) -> tuple[int, int]:
        """How many word pieces the whole text has, without special ones, and how many of them are unknown."""
        length, unknown = len(text.ids) - self._special, self._unknowns(text.ids)
        if self._longest is None or len(text.ids) < self._longest:
            return length, unknown
        rest: list[Encoding] = text.encoding.overflowing
        for each in rest:
            ids = each.ids
            length += len(ids) - self._special - self._overlap
            unknown += self._unknowns(ids)
        return length, min(unknown, length)

    def _unknowns(self, ids: list[int]) -> int:
        return 0 if self._unknown is None else ids.count(self._unknown)


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """The word piece that stands for what the tokenizer does not know; None if it has none."""
    model = tokenizer.model
    if hasattr(model, "unk_token"):
        return None if model.unk_token is None else tokenizer.token_to_id(model.unk_token)
    number = json.loads(tokenizer.to_str())["model"].get("unk_id")  # a Unigram model does not tell it otherwise
    return None if number is None else int(number)
