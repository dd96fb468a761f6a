"""What is known of a text that was classified."""

from __future__ import annotations

from dataclasses import dataclass

Signature = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """A text that was answered; None where a measure is missing.

    length: in the unit that the reference names. unknown_pieces, unseen_words: shares from 0 to 1. signature: of
    `signatures`, by which near duplicates are found; None if the text is to count as unlike all others.
    """

    label: str
    confidence: float | None = None
    length: float | None = None
    unknown_pieces: float | None = None
    unseen_words: float | None = None
    signature: Signature | None = None
