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


MEASURES: dict[str, Any] = {"length": 12, "unknown_pieces": 0.25, "unseen_words": None}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (MEASURES, MEASURES),
        ({**MEASURES, "unseen_words": 1, "later": 3}, {**MEASURES, "unseen_words": 1.0}),
        ({**MEASURES, "length": 0, "unknown_pieces": None}, {**MEASURES, "length": 0, "unknown_pieces": None}),
        # An older model's answer has none; what is not usable is no reason to refuse an answer.
        (None, None),
        ([1], None),
        ({"length": 12}, None),
        ({**MEASURES, "length": 1.5}, None),
        ({**MEASURES, "length": True}, None),
        ({**MEASURES, "length": -1}, None),
        ({**MEASURES, "unknown_pieces": 1.2}, None),
        ({**MEASURES, "unseen_words": float("nan")}, None),
        ({**MEASURES, "unseen_words": True}, None),
        ({**MEASURES, "unseen_words": "0.1"}, None),
    ],
)
def test_measures_are_checked_and_never_make_an_answer_unusable_or_reach_a_caller(
    sent: Any, read: dict[str, Any] | None
) -> None:
    (found,) = response.predictions({"predictions": [prediction(measures=sent)]}, count=1)
    assert found.measures == read
    assert found.document() == prediction()


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
