"""The intervals hold what they say, and kappa and alpha have the values of their authors' examples."""

from __future__ import annotations

import random

import pytest

from lambda_src.common.intervals import wilson
from lambda_src.labelling.estimates import COHEN, KRIPPENDORFF, agreement


def pairs(table):
    """Texts of two labellers from a table of counts: {(one's label, the other's): texts}."""
    return [{"ana": one, "ben": other} for (one, other), count in table.items() for _ in range(count)]


def test_wilsons_interval_is_that_of_the_literature():
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I.
    for successes, texts, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson(successes, texts) == pytest.approx((low, high), abs=0.0001)
    assert wilson(20, 20)[1] == 1.0 > wilson(20, 20)[0] > 0.8


def test_cohens_kappa_is_that_of_its_definition():
    found = agreement(pairs({("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15}))
    assert (found.statistic, found.texts, found.observed, found.value) == (COHEN, 50, 0.7, 0.4)
    low, high = found.interval or (0, 0)
    assert low < 0.4 < high


def test_krippendorffs_alpha_is_that_of_his_example():
    """Krippendorff (2011), "Computing Krippendorff's alpha-reliability", C: four observers, values missing, 0.743."""
    rows = {
        "a": "1 2 3 3 2 1 4 1 2 . . .",
        "b": "1 2 3 3 2 2 4 1 2 5 . 3",
        "c": ". 3 3 3 2 3 4 2 2 5 1 .",
        "d": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    texts = [
        {name: values.split()[unit] for name, values in rows.items() if values.split()[unit] != "."}
        for unit in range(12)
    ]
    found = agreement(texts)
    assert (found.statistic, found.texts) == (KRIPPENDORFF, 11)
    assert found.value == pytest.approx(0.743, abs=0.001)


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        ([], None),
        ([{"ana": "x"}] * 5, None),  # nobody else labelled them
        ([{"ana": "x", "ben": "x"}] * 5, None),  # one label alone says nothing about chance
        ([{"ana": "x", "ben": "x"}, {"ana": "y", "ben": "y"}], 1.0),
        ([{"ana": "x", "ben": "y"}, {"ana": "y", "ben": "x"}], -1.0),
        ([{"a": "x", "b": "x", "c": "x"}, {"a": "y", "b": "y"}], 1.0),
    ],
)
def test_the_ends_of_the_scale(texts, value):
    found = agreement(texts)
    assert found.value == value
    assert (found.interval is None) == (value is None)
    if value == 1.0:
        assert found.interval and found.interval[0] < 0.95  # a few texts that agree prove little


@pytest.mark.parametrize("labellers", [2, 4])
def test_the_interval_of_the_agreement_holds_the_truth(labellers):
    draw = random.Random(3)

    def text():
        truth = draw.choices("wxyz", (45, 30, 15, 10))[0]
        names = range(labellers) if labellers == 2 else draw.sample(range(labellers), 3)
        return {f"l{name}": truth if draw.random() > 0.2 else draw.choice("wxyz") for name in names}

    true = agreement([text() for _ in range(20_000)]).value
    intervals = [agreement([text() for _ in range(40)]).interval or (0, 0) for _ in range(400)]
    held = [low <= (true or 0) <= high for low, high in intervals]
    assert sum(held) / len(held) > 0.925


def test_a_share_is_within_its_interval_as_often_as_it_says():
    draw = random.Random(4)
    for true in (0.7, 0.9, 0.97):
        held = 0
        for _ in range(600):
            low, high = wilson(sum(draw.random() < true for _ in range(100)), 100)
            held += low <= true <= high
        assert held / 600 > 0.92
