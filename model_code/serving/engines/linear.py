"""The engines of artifacts with a linear model: alone, or together with an encoder's engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_code.serving.engines.interface import Engine
from model_code.serving.linear import weights
from model_code.serving.linear.scorer import Scorer
from model_code.serving.texts import EncodedText, PlainText

LINEAR = "linear"


class LinearEngine:
    """A linear model. Safe to call from several threads."""

    name = form = LINEAR

    def __init__(self, path: Path) -> None:
        """LinearError when the file is broken."""
        loaded = weights.read(path)
        self.encoder_scale = loaded.encoder_scale
        self.scorer = Scorer(loaded)

    def with_threads(self, threads: int) -> None:
        """None: it uses one core."""

    def logits(self, texts: Sequence[PlainText | EncodedText]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text; no row depends on the other texts."""
        return self.scorer.logits([text.text for text in texts])


class BlendEngine:
    """The sum of an encoder's scaled logits and a linear model's: their probabilities are multiplied."""

    def __init__(self, encoder: Engine, linear: LinearEngine) -> None:
        self.name, self.form = f"{encoder.name}+{LINEAR}", f"{encoder.form}+{LINEAR}"
        self._encoder, self._linear = encoder, linear

    def with_threads(self, threads: int) -> BlendEngine | None:
        """The same model with each run of the encoder divided among ``threads``, if its engine can divide one."""
        divided = self._encoder.with_threads(threads)
        return None if divided is None else BlendEngine(divided, self._linear)

    def logits(self, texts: Sequence[EncodedText]) -> np.ndarray[Any, Any]:
        """Shape (texts, labels), of at least one text."""
        encoded = np.asarray(self._encoder.logits(texts), dtype=np.float64)
        linear = self._linear.logits(texts)
        if encoded.shape != linear.shape:
            raise ValueError(f"the encoder has {encoded.shape[1]} labels, the linear model {linear.shape[1]}")
        both: np.ndarray[Any, Any] = encoded * self._linear.encoder_scale + linear
        return both
