"""The model on ONNX Runtime: runs within the budget of word pieces, and every text answered."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.serving.classifier import Classifier
from model_code.serving.engines.onnx.engine import OnnxEngine
from model_code.serving.layout import runs
from tests.unit.model_code.conftest import Job

TEXTS = [
    "Fed keeps interest rates unchanged",
    "Actress stuns at Oscars",
    "x",
    "Flu vaccine trial begins " * 20,
    "NASA finds water on Mars",
    "Füm 東京 🎬 – «ünïcode»",
]


def test_runs_keep_the_token_budget_and_every_text(trained: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    run = OnnxEngine._run

    def spy(self: OnnxEngine, encodings: list) -> np.ndarray:
        sizes.append(sum(len(each.ids) for each in encodings))
        return run(self, encodings)

    monkeypatch.setattr(OnnxEngine, "_run", spy)
    assert Classifier(trained.model, native=False).predict(TEXTS * 60).shape == (360, 4)
    assert len(sizes) > 1
    assert max(sizes) <= runs.TOKENS_PER_RUN
