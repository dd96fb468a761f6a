"""The influence of each word on an answer: the text is classified again without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from contracts.models.evaluation import Mistake
from model_code.training.data import segmentation
from model_code.training.data.rows import Row
from model_code.training.evaluation.intervals import Array

# A text is divided into at most this many runs of words; words after the first WORDS stay in every variant.
PARTS = 24
WORDS = 96


class Classifies(Protocol):
    """A classifier: texts in, probabilities of shape (texts, labels) out."""

    def predict(self, texts: Sequence[str]) -> Array:
        """Probabilities, one row for each text."""
        ...


def mistakes(
    classifier: Classifies, rows: Sequence[Row], probabilities: Array, labels: Sequence[str], *, count: int = 20
) -> list[Mistake]:
    """The ``count`` most confident wrong answers, surest first, each with its words' influence.

    ``probabilities`` (rows, labels) are the classifier's for ``rows``. A word's influence is how far the probability of
    the predicted label falls without it: negative if it spoke against the answer. Classifies at most ``count`` times
    PARTS + 1 texts, in one call.
    """
    position = {name: index for index, name in enumerate(labels)}
    truth = np.array([position[row.label] for row in rows], dtype=np.int64)
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:count].tolist()
    divided = [_divided(rows[index].text) for index in surest]
    variants = [
        text for index, parts in zip(surest, divided, strict=True) for text in _without(rows[index].text, parts)
    ]
    answers = classifier.predict(variants) if variants else np.zeros((0, len(labels)))
    mistakes: list[Mistake] = []
    start = 0
    for index, parts in zip(surest, divided, strict=True):
        whole, *without = answers[start : start + len(parts) + 1, predicted[index]].tolist()
        start += len(parts) + 1
        mistakes.append(
            {
                "text": rows[index].text,
                "truth": rows[index].label,
                "predicted": labels[predicted[index]],
                "confidence": round(float(confidence[index]), 4),
                "probability_of_truth": round(float(probabilities[index, truth[index]]), 4),
                "words": [
                    {"word": part.strip(), "influence": round(whole - each, 4)}
                    for part, each in zip(parts, without, strict=True)
                ],
            }
        )
    return mistakes


def _divided(text: str) -> list[str]:
    words = segmentation.parts(text)[:WORDS]
    run = max(math.ceil(len(words) / PARTS), 1)
    return ["".join(words[start : start + run]) for start in range(0, len(words), run)]


def _without(text: str, parts: Sequence[str]) -> list[str]:
    """The whole text, then the text without each part."""
    rest = segmentation.parts(text)[WORDS:]
    return [text, *("".join([*parts[:index], *parts[index + 1 :], *rest]).strip() for index in range(len(parts)))]
