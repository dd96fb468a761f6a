"""A preview in rows: what costs something, most first, by type and price; then what is paid for by use, and free."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.prices.price import Price
from ops.cost.amounts import NOTHING, Amounts, unit_price
from ops.cost.lines import Line, Priced
from ops.cost.preview import Preview


@dataclass(frozen=True, kw_only=True)
class Row:
    """Charges of one type at one price. usd: a month; None if the price or the use is not known."""

    type: str
    what: str
    count: int
    price: Price | None
    key: str
    usd: Amounts | None
    by_use: bool

    @property
    def unit(self) -> str:
        """`0.11 per hour`, `unknown` without a price."""
        return f"{unit_price(self.price.usd)} per {self.price.unit}" if self.price else "unknown"


def rows(lines: Iterable[Line]) -> list[Row]:
    """The rows: known amounts, the largest first; unknown ones; those by use."""
    found: dict[tuple[str, str, bool], list[Priced]] = {}
    for line in lines:
        for each in line.charges:
            by_use = each.charge.amounts is None
            found.setdefault((line.type, each.charge.key, by_use), []).append(each)
    made = [_row(type_, key, by_use, charges) for (type_, key, by_use), charges in found.items()]
    counted = {(row.type, row.key) for row in made if not row.by_use}
    kept = [row for row in made if not row.by_use or (row.type, row.key) not in counted]
    return sorted(kept, key=_order)


def _row(type_: str, key: str, by_use: bool, charges: list[Priced]) -> Row:
    usd: Amounts | None = None if by_use or charges[0].price is None else NOTHING
    for each in charges:
        usd = None if usd is None or each.usd is None else usd + each.usd
    whats = dict.fromkeys(each.charge.what for each in charges)
    return Row(
        type=type_,
        what=next(iter(whats)) if len(whats) == 1 else f"{next(iter(whats))} …",
        count=len(charges),
        price=charges[0].price,
        key=key,
        usd=usd,
        by_use=by_use,
    )


def _order(row: Row) -> tuple[int, float, str]:
    if row.by_use:
        return (2, 0.0, row.type)
    return (1, 0.0, row.type) if row.usd is None else (0, -row.usd.expected, row.type)


def free(lines: Iterable[Line]) -> dict[str, int]:
    """How many resources of each type cost nothing."""
    found: dict[str, int] = {}
    for line in lines:
        if line.kind == "free":
            found[line.type] = found.get(line.type, 0) + 1
    return dict(sorted(found.items()))


def unknown_sentence(unknown: Mapping[str, int]) -> str:
    """What is missing in a total, in a sentence; "" if nothing is."""
    if not unknown:
        return ""
    return f"Not in it, because their prices are unknown: {', '.join(unknown)}."


def age_sentence(preview: Preview, *, today: dt.date) -> str:
    """How old the prices are that were used, in a sentence."""
    used = {each.price for line in preview.lines for each in line.charges if each.price}
    if not used:
        return ""
    old = sum(each.old(today) for each in used)
    first, last = min(each.date for each in used), max(each.date for each in used)
    sentence = f"List prices of {first} to {last}, on demand, without free tiers, discounts and taxes"
    return f"{sentence}; {old} of {len(used)} are more than a year old." if old else f"{sentence}."
