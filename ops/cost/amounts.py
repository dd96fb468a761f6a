"""Low, expected and high: of requests, of hours, of dollars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Amounts:
    """Three amounts of the same thing."""

    low: float
    expected: float
    high: float

    def __add__(self, other: Amounts) -> Amounts:
        """Each by each."""
        return Amounts(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __sub__(self, other: Amounts) -> Amounts:
        """Each by each."""
        return Amounts(self.low - other.low, self.expected - other.expected, self.high - other.high)

    def times(self, factor: float) -> Amounts:
        """Each by a number."""
        return self.each(lambda amount: amount * factor)

    def each(self, change: Callable[[float], float]) -> Amounts:
        """Each changed alike."""
        return Amounts(change(self.low), change(self.expected), change(self.high))

    @property
    def nothing(self) -> bool:
        """Whether all three are zero."""
        return not (self.low or self.expected or self.high)


NOTHING = Amounts(0.0, 0.0, 0.0)


def same(amount: float) -> Amounts:
    """An amount that does not depend on traffic."""
    return Amounts(amount, amount, amount)


def dollars(amount: float) -> str:
    """`12.34`, and `0.00` only for nothing: less than a cent is `<0.01`."""
    if 0 < abs(amount) < 0.005:
        return "<0.01" if amount > 0 else ">-0.01"
    return f"{amount:,.2f}"


def unit_price(usd: float) -> str:
    """A price of one unit with three significant digits, without an exponent: `0.000000625`."""
    if usd >= 0.01 or usd == 0:
        return f"{usd:.4f}".rstrip("0").rstrip(".")
    return f"{usd:.12f}".rstrip("0")
