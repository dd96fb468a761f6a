"""Intervals of shares. No I/O."""

from __future__ import annotations

import math

_Z = 1.959964  # of 95 % confidence


def wilson(successes: float, texts: int) -> tuple[float, float]:
    """The 95 % interval of a share of `texts` independent texts (Wilson 1927): it has a width at 0 and at 1 too.

    successes: may be a fraction, where a text counts in part.
    """
    share, square = successes / texts, _Z * _Z
    middle = (share + square / (2 * texts)) / (1 + square / texts)
    half = _Z / (1 + square / texts) * math.sqrt(share * (1 - share) / texts + square / (4 * texts * texts))
    return max(0.0, middle - half), min(1.0, middle + half)
