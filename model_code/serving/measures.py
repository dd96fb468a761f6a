"""What is measured of each text besides its answer: by these, drift shows even where no text is kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from tokenizers import Encoding, Tokenizer

from contracts.models.measures import DECIMALS, Measures
from contracts.texts.words import encoded
from model_code.serving.seen_words import SeenWords
from model_code.serving.texts import EncodedText, PlainText

NO_PIECE = -1


class Gauge:
    """Measures texts for one artifact. ``tokenizer``: None where a linear model serves alone."""

    def __init__(self, tokenizer: Tokenizer | None, seen: SeenWords | None) -> None:
        self._seen = seen
        unknown = unknown_id(tokenizer) if tokenizer else None
        self._unknown = NO_PIECE if unknown is None else unknown
        self._special = tokenizer.num_special_tokens_to_add(False) if tokenizer else 0
        cut = (tokenizer.truncation if tokenizer else None) or {"max_length": sys.maxsize, "stride": 0}
        self._longest, self._overlap = int(cut["max_length"]), int(cut["stride"])

    def measure(self, texts: Sequence[PlainText | EncodedText]) -> list[Measures]:
        """Of each text, also of what the encoder does not read."""
        return [self._measured(text) for text in texts]

    def _measured(self, text: PlainText | EncodedText) -> Measures:
        found, unknown = encoded(text.text), None
        if isinstance(text, PlainText):
            length = len(found)
        else:
            length, unknown = len(text.ids) - self._special, text.ids.count(self._unknown)
            if len(text.ids) >= self._longest:
                length, unknown = self._with_rest(text.encoding, length, unknown)
        return {
            "length": length,
            "unknown_pieces": round(unknown / length, DECIMALS) if unknown is not None and length else None,
            "unseen_words": round(self._seen.unseen_share(found), DECIMALS) if self._seen and found else None,
        }

    def _with_rest(self, encoding: Encoding, length: int, unknown: int) -> tuple[int, int]:
        """The text's word pieces and its unknown ones, with those that were cut off."""
        rest: list[Encoding] = encoding.overflowing
        for each in rest:
            ids = each.ids
            length += len(ids) - self._special - self._overlap
            unknown += ids.count(self._unknown)
        return length, min(unknown, length)


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """The word piece that stands for what the tokenizer does not know; None if it has none."""
    model = tokenizer.model
    if hasattr(model, "unk_token"):
        return None if model.unk_token is None else tokenizer.token_to_id(model.unk_token)
    number = json.loads(tokenizer.to_str())["model"].get("unk_id")  # a Unigram model does not tell it otherwise
    return None if number is None else int(number)
