"""Tests classify/metrics.py."""

from __future__ import annotations

import pytest

from lambda_src.classify import metrics, response


def test_labels_beyond_the_first_twenty_are_counted_together():
    labels = tuple(f"label-{number}" for number in range(metrics.MAX_LABELS + 5))
    row = tuple([1.0] + [0.0] * (len(labels) - 1))
    results = [response.Prediction(label, row, labels, "m1") for label in labels]
    counts = metrics.label_counts(results)
    assert len(counts) == metrics.MAX_LABELS + 1
    assert counts["(other)"] == 5


@pytest.mark.parametrize("label", ["Santé", " ", "", "a\tb", "a\x1b[2J", "a\x7f", "l" * 1025])
def test_labels_that_cloudwatch_cannot_name(label):
    assert metrics.label_counts([response.Prediction(label, (1.0, 0.0), (label, "x"), "m1")]) == {"(other)": 1}


@pytest.mark.parametrize("label", [":colon", "l" * 1024, "a b", "=1+1", "{}", " x "])
def test_odd_labels_that_cloudwatch_can_name(label):
    assert metrics.label_counts([response.Prediction(label, (1.0, 0.0), (label, "x"), "m1")]) == {label: 1}
