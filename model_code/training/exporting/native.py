"""The weights for the serving containers' own kernels: checked against float32, and left out if not fit to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from contracts.models import artifact
from contracts.models.evaluation import ExportCandidate
from model_code.serving.classifier import Classifier
from model_code.serving.engines.native import library, weights
from model_code.serving.engines.native.engine import NativeEngine
from model_code.training.exporting import candidates, encoder_weights
from model_code.training.fitting.encoder import Encoder

NATIVE = NativeEngine.form
PLAIN_TEXTS = 1000  # compared where no fast kernel runs and a text takes thirty times as long


@dataclass(frozen=True)
class Offered:
    """The outcome in words, and the figures if it was measured; durations are None where no fast kernel runs."""

    reason: str
    figures: list[ExportCandidate] = field(default_factory=list)


def offer(
    encoder: Encoder,
    *,
    texts: Sequence[str],
    exact: np.ndarray[Any, Any],
    truth: np.ndarray[Any, Any] | None,
    temperature: float,
    folder: Path,
) -> Offered:
    """Add encoder.npz to the artifact in ``folder`` if its answers are as fit to serve as an int8 file's must be.

    ``exact``: float32's probabilities for ``texts``, shape (texts, labels); ``truth``: their labels' positions.
    """
    path = folder / artifact.ENCODER_FILE
    path.unlink(missing_ok=True)
    fast = library.fast()
    kernels = fast or library.plain()
    if kernels is None:
        return Offered(f"without {NATIVE}: its kernels, needed to check its answers, are missing")
    quantised = encoder_weights.of(encoder, temperature=temperature)
    if quantised is None:
        return Offered(f"without {NATIVE}: it does not support this kind of model")
    weights.save(quantised, path)
    step = 1 if fast else -(-len(texts) // PLAIN_TEXTS)
    texts, exact, truth = texts[::step], exact[::step], None if truth is None else truth[::step]
    classifier = Classifier(folder, kernels=kernels)
    answers = candidates.compare(
        NATIVE, classifier, texts, answered=classifier.predict(texts), exact=exact, truth=truth
    )
    spent = candidates.durations({NATIVE: classifier}, texts)[NATIVE] if fast else None
    figures: ExportCandidate = {
        **answers.as_dict(),
        "ms_alone": spent.ms_alone if spent else None,
        "ms_in_batches": spent.ms_in_batches if spent else None,
        "ms_per_text": spent.ms_per_text if spent else None,
        "megabytes": round(path.stat().st_size / 1e6, 2),
    }
    if reason := candidates.refusal(answers, len(texts)):
        path.unlink()
        return Offered(f"{NATIVE} {reason}", [figures])
    duration = f", {spent.ms_per_text:.3g} ms by {classifier.engine} here" if spent else ""
    return Offered(f"{NATIVE} serves where its kernels run{duration}", [figures])
