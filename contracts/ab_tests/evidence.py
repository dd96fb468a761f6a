"""When the evidence of an A/B test decides. No I/O."""

from __future__ import annotations

import math

# A Plan's margin is below it.
LARGEST_MARGIN = 0.2


def log10_threshold(alpha: float) -> float:
    """What the logarithm of the evidence of one side has to reach: each of the two sides has half of alpha."""
    return math.log10(2 / alpha)


def usual_labels(*, differ: float, margin: float, alpha: float) -> int:
    """About how many labels show that two equally good models are not worse than one another by the margin.

    differ: the share of the texts on which they differ. About half of such tests take fewer (docs/ab-statistics.md).
    """
    return math.ceil(2 * (differ / margin) ** 2 * math.log(3 / alpha))
