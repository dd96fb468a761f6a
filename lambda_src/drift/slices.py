"""Counts of a model's texts by features: where its confidence is low, and where it has moved. No I/O.

They describe, they decide nothing: the alarm is `statistics`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.features import slices
from contracts.logs.drift_report import Part, Slice
from contracts.logs.request_log import Item

# Parts of a slice that are counted by name; the rest is counted together, and a report lists the largest.
MOST_COUNTED, MOST_LISTED = 200, 20
OTHERS = "(others)"

# By slice and part: texts, those with a confidence, the sum of their confidences.
Counts = dict[str, dict[str, list[float]]]


def count(counts: Counts, items: Sequence[Item]) -> None:
    """Add the texts that were answered while a feature store was there."""
    for item in items:
        if "features" not in item and "publisher" not in item:
            continue
        parts = slices.parts_of(item.get("features", {}), publisher=item.get("publisher", ""))
        for name, part in parts.items():
            known = counts.setdefault(name, {})
            sums = known.setdefault(part if part in known or len(known) < MOST_COUNTED else OTHERS, [0, 0, 0.0])
            sums[0] += 1
            confidence = item.get("confidence")
            if confidence is not None:
                sums[1] += 1
                sums[2] += confidence


def report(counts: Counts) -> list[Slice]:
    """The slices, each with its largest parts, the largest first; [] where no text had features."""
    found: list[Slice] = []
    for name in slices.SLICES:
        if name in counts:
            ordered = sorted(counts[name].items(), key=lambda part: (-part[1][0], part[0]))
            found.append({"name": name, "parts": [_part(*each) for each in ordered[:MOST_LISTED]]})
    return found


def _part(name: str, sums: Sequence[Any]) -> Part:
    texts, confident, confidence = sums
    return {"name": name, "texts": int(texts), "confidence": round(confidence / confident, 4) if confident else None}
