"""The training texts on which the scales of static int8 are chosen, as feeds of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from onnxruntime.quantization import CalibrationDataReader

from model_code.serving.layout import form as forms
from model_code.training.fitting.encoder import Encoder

TEXTS = 256
BATCH = 16


class Batches(CalibrationDataReader):  # type: ignore[misc]
    """Batches of texts of the same length: the activations of padding must not widen the ranges."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], *, max_length: int, inputs: Iterable[str]) -> None:
        """``inputs``: those of the graph, which decide the layout."""
        form = forms.of(inputs, pad_id=encoder.tokenizer.pad_token_id or 0)
        encodings = encoder.tokenizer(list(texts), truncation=True, max_length=max_length).encodings
        batches = []
        for _, same in groupby(sorted(encodings, key=len), key=len):
            alike = list(same)
            for start in range(0, len(alike), BATCH):
                batches.append(form.arrange(alike[start : start + BATCH])[0])
        self._left = iter(batches)

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        """The next batch's feeds; None at the end."""
        return next(self._left, None)


def sample(texts: Sequence[str]) -> list[str]:
    """Texts evenly spaced by length, independent of the order of the rows."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    step = max(len(ordered) / TEXTS, 1.0)
    return [ordered[int(index * step)] for index in range(min(len(ordered), TEXTS))]
