"""What is left in the artifact, and what is known of the validation texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_code.serving.classifier import Classifier
from model_code.training.choosing import serving
from model_code.training.data.rows import Row
from model_code.training.data.split import Split
from model_code.training.settings import LINEAR


def test_the_validation_texts_have_the_answers_of_a_model_that_was_not_fitted_on_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [Row("".join(random.choice(list("bcdfgh"), 12)), "AB"[n % 2], n) for n in range(80)]  # nothing to learn
    given, folder = Split(rows[:50], rows[50:], rows[:1]), tmp_path / "model"
    served = serving.decide(
        LINEAR, given, labels=["A", "B"], seed=0, encoder=None, model_version="v", folder=folder, work=tmp_path
    )
    knowing = Classifier(folder).predict([row.text for row in given.valid])
    assert served.on_valid is not None and served.on_valid.shape == knowing.shape
    assert np.allclose(served.on_valid.sum(axis=1), 1)
    assert served.on_valid.max(axis=1).mean() < knowing.max(axis=1).mean() - 0.1
