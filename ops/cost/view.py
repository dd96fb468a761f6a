"""A preview in the terminal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ops.cost import summary
from ops.cost.amounts import Amounts, dollars
from ops.cost.break_even import BreakEven
from ops.cost.preview import Preview
from ops.terminal import screen

_UNKNOWN = "unknown"


def show(preview: Preview, million: Amounts, crossings: BreakEven, *, today: dt.date, whole: bool) -> None:
    """Print it. million: what a million requests a month add; whole: with what is free, and the sources."""
    screen.heading(f"{preview.environment} in {preview.region}: US dollars a month")
    screen.line(f"With {preview.traffic.origin}.", quiet=True)
    found = summary.rows(preview.lines)
    _table([row for row in found if not row.by_use], preview)
    screen.line(f"A million requests more cost {_range(million)}.")
    used = [row for row in found if row.by_use]
    screen.heading("By use")
    screen.table(
        "Type", "What", "Price", rows=[[_short(row.type), row.what, row.unit] for row in used], whole=("Type",)
    )
    screen.heading("Ways to serve")
    _options(crossings)
    if whole:
        _whole(preview)
    screen.line(summary.age_sentence(preview, today=today), quiet=True)


def _table(rows: list[summary.Row], preview: Preview) -> None:
    shown = [
        [_short(row.type), f"{row.count:,}", row.what, row.unit, *_amounts(row.usd)]
        for row in rows
        if row.usd is None or not row.usd.nothing
    ]
    missing = f" + {_UNKNOWN}" if preview.unknown else ""
    usd = preview.usd
    totals = [f"{dollars(each)}{missing}" for each in (usd.low, usd.expected, usd.high)]
    screen.table(
        "Type",
        "",
        "What",
        "Price",
        "Low",
        "Expected",
        "High",
        rows=[*shown, ["Total", "", "", "", *totals]],
        numeric=("", "Low", "Expected", "High"),
        whole=("Type",),
    )
    if preview.unknown:
        screen.line(summary.unknown_sentence(preview.unknown))


def _options(crossings: BreakEven) -> None:
    rows = [[each.name, each.how, *_amounts(each.usd)] for each in crossings.options]
    screen.table(
        "Endpoint",
        "How",
        "Low",
        "Expected",
        "High",
        rows=rows,
        numeric=("Low", "Expected", "High"),
        whole=("Endpoint",),
    )
    for sentence in crossings.sentences:
        screen.line(sentence)


def _whole(preview: Preview) -> None:
    screen.heading("Free")
    free = summary.free(preview.lines)
    screen.table("Type", "", rows=[[type_, f"{count:,}"] for type_, count in free.items()], numeric=("",))
    screen.heading("Sources of the prices")
    used = {each.price for line in preview.lines for each in line.charges if each.price}
    for each in sorted(used, key=lambda one: one.key):
        screen.point(f"{each.key}: {each.date}, {each.source}, {each.url}")


def as_dict(preview: Preview, million: Amounts, crossings: BreakEven) -> dict[str, Any]:
    """For `--json`."""
    return {
        "environment": preview.environment,
        "region": preview.region,
        "traffic": {**_named(preview.traffic.requests), "origin": preview.traffic.origin},
        "usd_a_month": _named(preview.usd),
        "unknown": preview.unknown,
        "a_million_requests": _named(million),
        "ways_to_serve": [
            {"name": each.name, "how": each.how, "usd_a_month": _named(each.usd) if each.usd else None}
            for each in crossings.options
        ],
        "break_even": list(crossings.sentences),
        "resources": [
            {
                "stack": line.stack,
                "resource": line.resource,
                "type": line.type,
                "kind": line.kind,
                "reason": line.reason,
                "usd_a_month": _named(line.usd),
                "charges": [
                    {
                        "key": each.charge.key,
                        "what": each.charge.what,
                        "units_a_month": _named(each.charge.amounts) if each.charge.amounts else None,
                        "price_usd": each.price.usd if each.price else None,
                        "unit": each.price.unit if each.price else None,
                        "date": str(each.price.date) if each.price else None,
                        "source": each.price.url if each.price else None,
                    }
                    for each in line.charges
                ],
            }
            for line in preview.lines
        ],
    }


def _named(amounts: Amounts) -> dict[str, float]:
    return {"low": round(amounts.low, 6), "expected": round(amounts.expected, 6), "high": round(amounts.high, 6)}


def _amounts(usd: Amounts | None) -> list[str]:
    return [_UNKNOWN] * 3 if usd is None else [dollars(usd.low), dollars(usd.expected), dollars(usd.high)]


def _range(usd: Amounts) -> str:
    return f"{dollars(usd.low)} to {dollars(usd.high)} USD"


def _short(type_: str) -> str:
    return type_.removeprefix("AWS::")
