"""What a change costs, in words: what the comment and the terminal both say."""

from __future__ import annotations

from ops.cost.amounts import Amounts, dollars
from ops.cost.comparison import CostChange, Difference


def headline(change: CostChange) -> str:
    """`13.20 USD a month more (12.00 to 15.00): 96.35 after it`."""
    unknown = " + unknown" if change.unknown else ""
    if change.before is None:
        return f"{dollars(change.after.expected)}{unknown} USD a month ({_range(change.after)})"
    usd = change.usd
    after = f"{dollars(change.after.expected)}{unknown} USD a month ({_range(change.after)}) after it"
    if usd.nothing:
        return f"no difference: {after}"
    more = usd.expected >= 0
    shown = usd if more else usd.times(-1)
    return f"{dollars(shown.expected)} USD a month {'more' if more else 'less'} ({_range(shown)}): {after}"


def short(change: CostChange) -> str:
    """`+13.20`, for a table; `+13.20 and unknown` if a price of the difference is not known."""
    usd, new = change.usd.expected, {key for each in change.differences for key in each.unknown}
    amount = "no difference" if change.usd.nothing else f"{'+' if usd >= 0 else '-'}{dollars(abs(usd))}"
    return f"{amount} and unknown" if new else amount


def rows(change: CostChange) -> list[str]:
    """A line for each type that costs more or less, then what is missing and what was counted with."""
    found = [_row(each) for each in change.differences] if change.before is not None else []
    if change.unknown:
        found.append(f"in no total, because their prices are unknown: {', '.join(change.unknown)}")
    return [*found, f"counted with {change.origin}; `rubric cost` shows each resource"]


def _row(each: Difference) -> str:
    count = f"{each.before:,} → {each.after:,}, " if each.before != each.after else ""
    sign = "+" if each.usd.expected >= 0 else "-"
    amount = f"{sign}{dollars(abs(each.usd.expected))} USD a month"
    unknown = f", and unknown: {', '.join(each.unknown)}" if each.unknown else ""
    return f"{each.type}: {count}{amount}{unknown}"


def _range(usd: Amounts) -> str:
    low, high = sorted((usd.low, usd.high))
    return f"{dollars(low)} to {dollars(high)}"
