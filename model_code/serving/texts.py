"""Texts as they wait for an engine."""

from __future__ import annotations

from dataclasses import dataclass

from tokenizers import Encoding


@dataclass(slots=True)
class PlainText:
    """A normalised text; its length is its number of words."""

    text: str

    def __len__(self) -> int:
        return self.text.count(" ") + 1


class EncodedText:
    """A normalised text and its word pieces, as many as the encoder reads; its length is their number."""

    __slots__ = ("encoding", "ids", "text")

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.text, self.encoding = text, encoding
        self.ids: list[int] = encoding.ids  # each look at the encoding's own makes a new list

    @property
    def type_ids(self) -> list[int]:
        """For each word piece, which sentence of a pair it belongs to."""
        types: list[int] = self.encoding.type_ids
        return types

    def __len__(self) -> int:
        return len(self.ids)
