"""The lines of a preview: what a resource is charged for, how much of it, and what that costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from contracts.prices import price
from contracts.prices.price import Price
from ops.cost.amounts import NOTHING, Amounts

# `priced`: an amount is known; `use`: paid for by use that nothing here says; `free`: nothing is charged for it.
Kind = Literal["priced", "use", "free"]


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What is paid for. amounts: units in a month; None where only use will tell. what: in words, for the table."""

    key: str
    what: str
    amounts: Amounts | None


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A charge at its price. price: None if it is unknown. usd: a month; None without a price or an amount."""

    charge: Charge
    price: Price | None

    @property
    def usd(self) -> Amounts | None:
        """US dollars a month."""
        if self.price is None or self.charge.amounts is None:
            return None
        return self.charge.amounts.times(self.price.usd)

    @property
    def unknown(self) -> bool:
        """Whether something is used and its price is not known."""
        used = self.charge.amounts is None or not self.charge.amounts.nothing
        return self.price is None and used


@dataclass(frozen=True, kw_only=True)
class Line:
    """A resource. reason: why it is free, or what its use depends on."""

    stack: str
    resource: str
    type: str
    charges: tuple[Priced, ...]
    reason: str

    @property
    def kind(self) -> Kind:
        """How it is paid for."""
        if not self.charges:
            return "free"
        return "use" if all(each.charge.amounts is None for each in self.charges) else "priced"

    @property
    def usd(self) -> Amounts:
        """What is known of it, US dollars a month."""
        return total(self.charges)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of prices that are not known."""
        return tuple(each.charge.key for each in self.charges if each.unknown)


def priced(charges: Iterable[Charge], *, region: str) -> tuple[Priced, ...]:
    """Charges at the snapshot's prices for a region."""
    return tuple(Priced(charge=each, price=price.of(each.key, region=region)) for each in charges)


def total(charges: Iterable[Priced]) -> Amounts:
    """The sum of what is known."""
    found = NOTHING
    for each in charges:
        if each.usd is not None:
            found = found + each.usd
    return found


def oldest(charges: Iterable[Priced]) -> dt.date | None:
    """The day of the oldest price."""
    return min((each.price.date for each in charges if each.price), default=None)
