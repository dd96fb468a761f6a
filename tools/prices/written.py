"""The snapshot as a module: standard library only, because functions and jobs read prices too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "contracts" / "prices" / "snapshot.py"

_HEAD = '''"""List prices in US dollars, on demand and without free tiers. `make prices` writes this file.

A price that is not here is unknown. Of a price with tiers it is the first that costs something.
"""

from __future__ import annotations

from typing import Final
'''


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A snapshot. sources: title, URL and day by name; prices: US dollars and a source's name, by region and key."""

    date: str
    sources: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    prices: dict[str, dict[str, tuple[float, str]]] = field(default_factory=dict)


def text(contents: Contents) -> str:
    """The module's text. Sources that no price names are left out."""
    named = {name for prices in contents.prices.values() for _, name in prices.values()}
    lines = [
        _HEAD,
        "# The day on which it was put together.",
        f"DATE: Final = {json.dumps(contents.date)}",
        "",
        "# By name: what it is, where it is, and the day of what it says.",
        "SOURCES: Final[dict[str, tuple[str, str, str]]] = {",
    ]
    for name in sorted(named):
        lines += [f"    {json.dumps(name)}: ("]
        lines += [f"        {json.dumps(each, ensure_ascii=False)}," for each in contents.sources[name]]
        lines += ["    ),"]
    lines += ["}", "", "# By region and key: US dollars for one unit (units.py), and the source."]
    lines += ["PRICES: Final[dict[str, dict[str, tuple[float, str]]]] = {"]
    for region in sorted(contents.prices):
        lines += [f"    {json.dumps(region)}: {{"]
        prices = contents.prices[region]
        lines += [
            f"        {json.dumps(key)}: ({_number(prices[key][0])}, {json.dumps(prices[key][1])}),"
            for key in sorted(prices)
        ]
        lines += ["    },"]
    lines += ["}", ""]
    return "\n".join(lines)


def write(contents: Contents, *, file: Path = FILE) -> None:
    """Replace the snapshot at once, so that nobody reads half of it."""
    waiting = file.with_suffix(".new")
    waiting.write_text(text(contents), encoding="utf-8")
    waiting.replace(file)


def read(
    prices: Mapping[str, Mapping[str, tuple[float, str]]], sources: Mapping[str, tuple[str, str, str]], date: str
) -> Contents:
    """The contents of a snapshot that was imported."""
    return Contents(date=date, sources=dict(sources), prices={region: dict(each) for region, each in prices.items()})


def _number(usd: float) -> str:
    """Without an exponent, as people compare prices."""
    digits = f"{usd:.12f}".rstrip("0")
    return f"{digits}0" if digits.endswith(".") else digits
