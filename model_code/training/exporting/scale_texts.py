"""Which training texts choose the scales of static int8, and the feeds they make."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from onnxruntime.quantization import CalibrationDataReader

from model_code.training.fitting.encoder import Encoder

TEXTS = 256
BATCH = 16


class Batches(CalibrationDataReader):  # type: ignore[misc]
    """Texts as batches of one length in word pieces each: padding's activations must not widen the ranges."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], *, max_length: int) -> None:
        inputs = encoder.tokenizer(list(texts), truncation=True, max_length=max_length)
        lengths = [len(ids) for ids in inputs["input_ids"]]
        batches = []
        for _, same in groupby(sorted(range(len(texts)), key=lengths.__getitem__), key=lengths.__getitem__):
            positions = list(same)
            for start in range(0, len(positions), BATCH):
                chosen = positions[start : start + BATCH]
                batches.append(
                    {name: np.array([rows[position] for position in chosen]) for name, rows in inputs.items()}
                )
        self._left = iter(batches)

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        """The next batch's feeds; None at the end."""
        return next(self._left, None)


def sample(texts: Sequence[str]) -> list[str]:
    """Evenly spaced texts, shortest to longest: the same whatever the order of the rows."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    step = max(len(ordered) / TEXTS, 1.0)
    return [ordered[int(index * step)] for index in range(min(len(ordered), TEXTS))]
