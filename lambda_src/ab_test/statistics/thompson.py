"""The challenger's share of the traffic by Thompson sampling.

Thompson sampling lets each model answer with the probability that it is the better one (Thompson, 1933). Here that is
the probability, from a uniform prior, that the challenger wins more than half of the texts that only one of the two
gets right. Such a text counts once, whichever model served it; a text without a label says nothing and counts nothing.
"""

from __future__ import annotations

from fractions import Fraction

from lambda_src.ab_test.statistics.bets import Counts


def probability_better(won: Counts) -> float:
    """Of Beta(1 + challenger, 1 + champion), the part above a half: exactly, as a tail of a binomial distribution."""
    tosses = won.challenger + won.champion + 1
    ways = below = 1
    for heads in range(1, won.challenger + 1):
        ways = ways * (tosses - heads + 1) // heads
        below += ways
    return float(Fraction(below, 2**tosses))


def share(won: Counts, *, least: float, most: float) -> float:
    """The share that the challenger gets next, within the limits, in thousandths."""
    return min(max(round(probability_better(won), 3), least), most)
