from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from benchmarks.ab_tests import peers


def test_gbstats_interval() -> None:
    """What gbstats 0.8.0 gives for 90 of 100 against 80 of 100 (SequentialTwoSidedTTest, absolute)."""
    found = peers.half_width(np.array(0.9), np.array(0.8), np.array(100))
    assert float(found) == pytest.approx(0.254998, abs=1e-6)


def test_the_uniform_prior_is_a_beta_mixture() -> None:
    grid = (np.arange(20_000) + 0.5) / 20_000
    ratio = (2 * grid) ** 30 * (2 * (1 - grid)) ** 12 * beta(1, 1).pdf(grid)
    assert float(peers.log_uniform(np.array(30), np.array(42))) == pytest.approx(np.log(ratio.mean()), abs=1e-4)


def test_the_first_label_with_a_verdict_counts() -> None:
    found = peers.never(np.array([[False, True, True], [False, False, False]]))
    assert found.tolist() == [2.0, np.inf]


def test_looking_once_needs_about_as_many_labels_as_textbooks_say() -> None:
    unpaired, pairs = peers.once(0.02, 0.04)
    assert unpaired == pytest.approx(6_400, rel=0.02)
    assert pairs == pytest.approx(69, abs=3)
