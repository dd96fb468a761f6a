"""Tests the measurement of suggestions: which labels it changes, and what it compares."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.training import suggestions


@pytest.fixture(scope="module")
def rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suggestions.generate_headlines, "STRAY", suggestions.generate_headlines.STRAY)  # is put back
        return suggestions.load(None, rows=240)


@pytest.mark.parametrize("kind", suggestions.KINDS)
def test_labels_are_changed_at_the_rate_and_only_there(rows, kind):
    data, labels = rows
    noisy, wrong = suggestions.changed(data, labels, rate=0.2, kind=kind, seed=1)
    assert [new.label != old.label for new, old in zip(noisy, data, strict=True)] == wrong.tolist()
    assert 0.1 < wrong.mean() < 0.3
    if kind == "pairs":
        assert all(
            new.label == labels[(labels.index(old.label) + 1) % len(labels)]
            for new, old, changed in zip(noisy, data, wrong, strict=True)
            if changed
        )


def test_what_is_found_of_the_changed_labels(rows):
    found = suggestions.errors(*rows, rate=0.1, kind="uniform")
    assert found["wrong"] > 0 and found["top"]["suggest"] > 3 * found["top"]["random"]
    assert found["interval"][0] <= found["estimate"] <= found["interval"][1]
    assert list(suggestions._lines([found]))[-1].startswith("| uniform 10%")


def test_rounds_of_labelling_begin_alike_and_end_better(rows, monkeypatch):
    monkeypatch.setattr(suggestions, "ROUNDS", 3)
    pool = suggestions.Pool(*rows)
    curves = {way: pool.curve(way=way, start=20, seed=0) for way in suggestions.WAYS}
    assert len({curve[0] for curve in curves.values()}) == 1
    assert all(len(curve) == 3 and curve[-1] > curve[0] for curve in curves.values())
    assert np.mean(curves["the ranking"]) >= np.mean(curves["random"]) - 0.1
