"""Texts as they wait for an engine that has a linear model."""

from __future__ import annotations

from dataclasses import dataclass

from tokenizers import Encoding


@dataclass(frozen=True, slots=True)
class PlainText:
    """A normalised text; its length is its number of words."""

    text: str

    def __len__(self) -> int:
        return self.text.count(" ") + 1


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A normalised text and its word pieces; its length is their number."""

    text: str
    encoding: Encoding

    @property
    def ids(self) -> list[int]:
        """The word pieces."""
        ids: list[int] = self.encoding.ids
        return ids

    @property
    def type_ids(self) -> list[int]:
        """For each word piece, which sentence of a pair it belongs to."""
        types: list[int] = self.encoding.type_ids
        return types

    def __len__(self) -> int:
        return len(self.encoding)
