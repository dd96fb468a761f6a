"""Tests classify/response.py."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_src.classify import response

BAD_FIELDS: list[dict[str, Any]] = [
    {"labels": None},
    {"labels": ["A"], "probabilities": [[1.0]]},
    {"labels": ["A", "B", 3]},
    {"probabilities": None},
    {"probabilities": [0.7, 0.2, 0.1]},
    {"probabilities": [[0.7, 0.3]]},
    {"probabilities": [[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]]},
    {"probabilities": [[0.7, 0.2, "0.1"]]},
    {"probabilities": [[True, False, False]]},
    {"probabilities": [[1.7, -0.5, -0.2]]},
    {"probabilities": [[0.7, 0.2, 0.3]]},
    {"probabilities": [[float("nan"), 0.2, 0.1]]},
    {"predicted_label": "D"},
    {"predicted_label": None},
    {"predicted_label": ["A"]},
    {"model_version": ""},
    {"model_version": None},
]


LABELS = ["A", "B", "C"]


def prediction(**changes):
    return {
        "predicted_label": "A",
        "probabilities": [[0.7, 0.2, 0.1]],
        "labels": LABELS,
        "model_version": "m1",
        **changes,
    }


def test_good_answers():
    found = response.predictions({"predictions": [prediction(), prediction(predicted_label="B")]}, count=2)
    assert [one.label for one in found] == ["A", "B"]
    assert found[0].document() == prediction()
    assert found[0].confidence == 0.7


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        prediction(),
        {"predictions": {}},
        {"predictions": []},
        {"predictions": [prediction(), prediction()]},
        {"predictions": ["A"]},
        *({"predictions": [prediction(**change)]} for change in BAD_FIELDS),
    ],
)
def test_bad_answers(document):
    with pytest.raises(response.BadAnswerError):
        response.predictions(document, count=1)
