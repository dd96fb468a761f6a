"""Texts in, label probabilities out, from a model artifact. No web code, no torch.

``tokenizers`` splits the texts into word pieces for an encoder, an engine (docs/engines.md) runs the model.
"""

from __future__ import annotations

import copy
import ctypes
import logging
from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from contracts.models import artifact
from contracts.models.measures import Measures
from contracts.texts import text_normalization
from model_code.serving import cpu_limit, manifest, reference, seen_words
from model_code.serving.engines import engine, huge_pages
from model_code.serving.engines.linear import LinearEngine
from model_code.serving.layout import runs
from model_code.serving.linear.scorer import Scorer
from model_code.serving.measures import Gauge
from model_code.serving.texts import EncodedText, PlainText

WARM_UP_TEXTS = ("a", "a somewhat longer text than the one before it")
LONG_TEXT = "long " * 64


class Classifier:
    """The model of one artifact, ready to answer. Safe to call from several threads."""

    def __init__(
        self, folder: Path, *, threads: int = 0, native: bool = True, kernels: ctypes.CDLL | None = None
    ) -> None:
        """Load the artifact in ``folder``; ``threads`` 0 means all the cores this process has.

        ``native``: use our own kernels, on one core, if this processor and this artifact allow it. ``kernels``: the
        library to use for them. ArtifactError when the folder is not an artifact, its files do not fit together, or
        one has changed.
        """
        unpacked = artifact.read(folder)
        self.sealed = manifest.check(unpacked)
        self._reference = reference.read(folder)
        self.labels = unpacked.labels
        self.model_version = unpacked.model_version
        try:
            linear = LinearEngine(unpacked.linear_path) if unpacked.linear_path else None
            self.tokenizer = Tokenizer.from_file(str(unpacked.tokenizer_path)) if unpacked.has_encoder else None
            self._engine = engine.load(
                unpacked,
                linear=linear,
                pad_id=int((self.tokenizer.padding or {}).get("pad_id", 0)) if self.tokenizer else 0,
                threads=threads or cpu_limit.available(),
                native=native,
                kernels=kernels,
            )
        except Exception as error:
            raise artifact.ArtifactError(f"the model in {folder} cannot be loaded: {error}") from error
        self.scorer: Scorer | None = linear.scorer if linear else None
        if self.tokenizer:
            self.tokenizer.no_padding()
        self._gauge = Gauge(self.tokenizer, seen_words.read(folder))

    @property
    def engine(self) -> str:
        """The engine's name with its kernel, for logs and metrics."""
        return self._engine.name

    @property
    def form(self) -> str:
        """The engine's name in reference answers and reports."""
        return self._engine.form

    def log_ready(self, log: logging.Logger) -> None:
        """Log the model, its engine, and whether its files are unchecked."""
        log.info("model %s is ready, run by %s", self.model_version, self.engine)
        if not self.sealed:
            log.warning("the model's files are not checked: it was trained before artifacts had digests")

    def with_threads(self, threads: int) -> Classifier | None:
        """The same model with each run divided among ``threads``; None if its engine cannot divide a run."""
        divided = self._engine.with_threads(threads)
        if divided is None:
            return None
        other = copy.copy(self)
        other._engine = divided
        return other

    def warm_up(self) -> None:
        """Run the model on small and on full batches, which brings memory to its final size before the first request.

        ArtifactError when the model does not fit the labels, or does not give the artifact's reference answers.
        """
        probabilities = self.predict(list(WARM_UP_TEXTS))
        if probabilities.shape[1] != len(self.labels):
            raise artifact.ArtifactError(
                f"the model answers {probabilities.shape[1]} probabilities for {len(self.labels)} labels"
            )
        if not np.isfinite(probabilities).all():
            raise artifact.ArtifactError("the model returns probabilities that are not finite numbers")
        self.check_reference()
        long = self.encode([LONG_TEXT])
        self.predict_encodings(long * (runs.TOKENS_PER_RUN // len(long[0])))
        huge_pages.use()

    def check_reference(self) -> None:
        """ArtifactError unless the artifact's reference answers, if it has any, are this model's."""
        if self._reference:
            reference.check(self._reference, self.predict, engine=self.form, labels=self.labels)

    def predict(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Probabilities of shape (len(texts), len(labels)), rows in the order of ``texts``, each summing to 1."""
        return self.predict_encodings(self.encode(texts))

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """Each text as the engine reads it; its length, in word pieces or words, is its cost.

        Word pieces are truncated to what the encoder reads. Texts are normalised as in training: ``&amp;`` becomes an
        ampersand.
        """
        normalised = [text_normalization.normalised(text) for text in texts]
        if self.tokenizer is None:
            return list(map(PlainText, normalised))
        return list(map(EncodedText, normalised, self.tokenizer.encode_batch_fast(normalised)))

    def measure(self, encodings: Sequence[PlainText | EncodedText]) -> list[Measures]:
        """What is measured of each text that ``encode`` has prepared."""
        return self._gauge.measure(encodings)

    def predict_encodings(self, encodings: Sequence[Sized]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """``predict`` for texts that ``encode`` has already prepared."""
        if not encodings:
            return np.zeros((0, len(self.labels)))
        logits = np.asarray(self._engine.logits(encodings), dtype=np.float64)
        shares: np.ndarray[Any, np.dtype[np.float64]] = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares
