"""The reference: what is read as one, and which bin a value is in."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contracts.models import baseline
from contracts.models.baseline import Baseline, BaselineError

REFERENCE: Baseline = {
    "layout": 2,
    "model_version": "rubric-1",
    "texts": 5,
    "length_unit": "pieces",
    "labels": ["A", "B"],
    "streams": {
        "predicted_label": {"counts": [2, 3]},
        "confidence": {"edges": [0.0, 0.5, 0.99], "counts": [0, 2, 3]},
    },
    "confusion": [[2, 0], [0, 3]],
    "prior": [0.4, 0.6],
    "mean_confidence": 0.9,
    "accuracy": 1.0,
    "term_texts": 10,
    "terms": {"the": 9},
}


def test_a_reference_is_read_as_it_is() -> None:
    assert baseline.read(copy.deepcopy(REFERENCE)) == REFERENCE


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("layout", 1, "has layout 1; this version reads layout 2"),
        ("layout", 3, "has layout 3; this version reads layout 2"),
        ("labels", "A", "labels are not a list of names"),
        ("streams", [], "no stream predicted_label"),
        ("streams", {"confidence": {}}, "no stream predicted_label"),
        ("streams", {"predicted_label": {"counts": [1]}}, "predicted_label has no number of texts"),
        ("streams", {"predicted_label": {"counts": [1, -1]}}, "predicted_label has no number of texts"),
        ("streams", {"predicted_label": {"counts": [1, 0.5]}}, "predicted_label has no number of texts"),
        (
            "streams",
            {"predicted_label": {"counts": [1, 1]}, "length": {"counts": [1]}},
            "length has no number of texts",
        ),
        (
            "streams",
            {"predicted_label": {"counts": [1, 1]}, "length": {"edges": [0, 4, 4], "counts": [1, 1, 1]}},
            "length has no number of texts",
        ),
    ],
)
def test_what_is_no_reference_is_told_in_a_sentence(part: str, value: Any, sentence: str) -> None:
    with pytest.raises(BaselineError, match=sentence):
        baseline.read({**REFERENCE, part: value})


def test_a_reference_lacks_no_part() -> None:
    for part in REFERENCE.keys() - {"layout"}:
        with pytest.raises(BaselineError, match=f"^the reference has no {part}$"):
            baseline.read({name: value for name, value in REFERENCE.items() if name != part})
    with pytest.raises(BaselineError, match="not a JSON object"):
        baseline.read([])


@pytest.mark.parametrize(("value", "number"), [(-1, 0), (0, 0), (0.4999, 0), (0.5, 1), (0.98, 1), (0.99, 2), (7, 2)])
def test_an_edge_opens_its_bin(value: float, number: int) -> None:
    assert baseline.bin_of(value, [0.0, 0.5, 0.99]) == number


def test_zero_is_a_bin_of_its_own_for_a_share() -> None:
    assert [baseline.bin_of(share, baseline.SHARE_EDGES) for share in (0.0, 0.0001, 0.0499, 1.0)] == [
        0,
        1,
        1,
        len(baseline.SHARE_EDGES) - 1,
    ]
