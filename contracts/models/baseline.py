"""baseline.json: distributions of the training data and of the model's answers, to compare later ones with."""

from __future__ import annotations

from typing import TypedDict

LENGTH_EDGES = (0, 4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 256, 512)  # words of a text
CONFIDENCE_EDGES = tuple(round(step / 10, 1) for step in range(11))


class Histogram(TypedDict):
    """Shares that sum to 1; edge i opens bin i, and the last bin is open-ended."""

    edges: list[float]
    shares: list[float]


class Baseline(TypedDict):
    """Shares by label, by word and by bin. rows: training rows; held_out_rows: rows that the model answered."""

    rows: int
    labels: dict[str, float]
    text_length_words: Histogram
    top_words: dict[str, float]
    unknown_token_rate: float
    held_out_rows: int
    predicted_labels: dict[str, float]
    confidence: Histogram
