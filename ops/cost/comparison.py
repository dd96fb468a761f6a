"""What a change costs: the same environment before and after, with the same settings, traffic and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from environments.settings import Settings
from ops.cost import preview, traffic
from ops.cost.amounts import NOTHING, Amounts
from ops.cost.charges.context import Template
from ops.cost.lines import Line
from ops.cost.preview import Preview


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One type of resource. before, after: how many; usd: the difference in a month; unknown: prices not known."""

    type: str
    before: int
    after: int
    usd: Amounts
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """What a change of an environment costs in a month, US dollars. origin: of the traffic.

    before: None for a new environment. unknown: names of prices that are in neither total; age: of the prices.
    """

    before: Amounts | None
    after: Amounts
    origin: str
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]

    @property
    def usd(self) -> Amounts:
        """The difference."""
        return self.after - (self.before or NOTHING)


def of(settings: Settings, *, before: Mapping[str, Template], after: Mapping[str, Template]) -> CostChange:
    """The cost of a change. Settings that only one side has, such as traffic, are the new ones on both."""
    counted = traffic.of_settings(settings)
    new = preview.of(settings, after, traffic=counted)
    old = preview.of(settings, before, traffic=counted) if before else None
    return CostChange(
        before=old.usd if old else None,
        after=new.usd,
        origin=counted.origin,
        differences=tuple(_differences(old, new)),
        unknown=tuple(new.unknown),
    )


def _differences(old: Preview | None, new: Preview) -> list[Difference]:
    before, after = _by_type(old.lines if old else ()), _by_type(new.lines)
    found = []
    for type_ in sorted(before.keys() | after.keys()):
        left, right = before.get(type_, []), after.get(type_, [])
        usd = _sum(right) - _sum(left)
        missing = {key for line in right for key in line.unknown} - {key for line in left for key in line.unknown}
        if not usd.nothing or missing:
            found.append(
                Difference(type=type_, before=len(left), after=len(right), usd=usd, unknown=tuple(sorted(missing)))
            )
    return sorted(found, key=lambda each: -abs(each.usd.expected))


def _by_type(lines: tuple[Line, ...]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.type, []).append(line)
    return found


def _sum(lines: list[Line]) -> Amounts:
    found = NOTHING
    for line in lines:
        found = found + line.usd
    return found
