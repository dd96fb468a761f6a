"""The baseline for comparison: TF-IDF and a linear support vector machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from contracts.evaluation import BaselineFigures
from model_code.training.data.rows import Row
from model_code.training.evaluation import comparison, evaluate

NAME = "TF-IDF (words 1-2, characters 2-5) + LinearSVC"


def baseline(
    train: Sequence[Row],
    test: Sequence[Row],
    labels: Sequence[str],
    *,
    predicted: np.ndarray[Any, Any] | None = None,
) -> BaselineFigures:
    """Fit on ``train``, score on ``test``: name, accuracy, macro F1, seconds to fit.

    ``predicted`` (test rows,) are the model's answers as positions in ``labels``; with them the result has a paired
    ``comparison`` of the model (new) with the baseline (old).
    """
    pipeline = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        LinearSVC(random_state=0),
    )
    started = time.monotonic()
    pipeline.fit([row.text for row in train], [row.label for row in train])
    seconds = time.monotonic() - started
    position = {name: index for index, name in enumerate(labels)}
    answers = np.array([position[name] for name in pipeline.predict([row.text for row in test])])
    truth = np.array([position[row.label] for row in test])
    return {
        "name": NAME,
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": evaluate.macro_f1(truth, answers),
        "fit_seconds": round(seconds, 2),
        "comparison": None if predicted is None else comparison.paired(predicted, answers, truth, labels),
    }
