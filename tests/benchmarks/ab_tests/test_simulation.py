from __future__ import annotations

import numpy as np

from benchmarks.ab_tests import __main__ as benchmark
from benchmarks.ab_tests.__main__ import Pair


def test_each_test_ends_at_its_first_winner() -> None:
    labels, winners = benchmark.ends(np.array([[1] * 30, [-1] * 30, [1, -1] * 15]))
    assert labels[0] == labels[1] < 15
    assert np.isinf(labels[2])
    assert winners.tolist() == [1, -1, 0]


def test_pairs_need_far_fewer_labels_than_two_arms() -> None:
    found = benchmark.simulated(Pair(0.02, 0.04), tests=40, unpaired=6, seed=1)
    assert 30 <= found["ours"]["median"] <= 90
    assert found["unpaired"]["median"] > 1_500


def test_a_wide_margin_needs_fewer_labels() -> None:
    narrow, wide = (benchmark.not_worse(margin=margin, differ=0.06, tests=20, seed=1) for margin in (0.01, 0.03))
    assert wide["median"] < narrow["median"]
    assert wide["texts"] < 2_000
