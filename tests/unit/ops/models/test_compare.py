"""Tests the comparison of two models."""

import pytest

from ops.models import compare
from ops.models.compare import Side
from tests.unit.ops.evaluations import NEW, OLD, full


@pytest.mark.parametrize(
    ("changes", "settings", "why"),
    [
        ({"dataset_sha256": "other"}, {}, "different files"),
        ({"dataset_sha256": None}, {}, "does not name"),
        ({}, {"seed": "14"}, "split differently (seed)"),
        ({"counts": {"train": 1, "valid": 1, "test": 99}}, {}, "another number of test texts"),
    ],
)
def test_other_test_texts_are_warned_of(changes, settings, why):
    a = Side(version=OLD, evaluation=full(OLD), hyperparameters={"seed": 13})
    b = Side(version=NEW, evaluation=full(NEW, **changes), hyperparameters={"seed": 13, **settings})
    data = compare.compare(a, b)["data"]
    assert data["same_test_texts"] is False and why in data["warning"]


def test_overlap_of_intervals():
    assert compare.overlap([0.1, 0.3], [0.3, 0.5]) is True
    assert compare.overlap([0.1, 0.3], [0.31, 0.5]) is False
    assert compare.overlap(None, [0.3, 0.5]) is None
