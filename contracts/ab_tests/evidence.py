"""When the evidence of an A/B test decides. No I/O."""

from __future__ import annotations

import math

from contracts.ab_tests import record

# A Plan's margin is below it.
LARGEST_MARGIN = 0.2


def log10_threshold(alpha: float) -> float:
    """What the logarithm of the evidence of one side has to reach: each of the two sides has half of alpha."""
    return math.log10(2 / alpha)


def null_of(goal: record.Goal, *, margin: float) -> float:
    """The difference of accuracies (challenger - champion) against which both sides are evidence."""
    return -margin if goal == record.NOT_WORSE else 0.0
