"""What a live test's two variants did, from the request log: latency, errors, labels. No I/O.

By the variant that the split chose, so that a challenger that fails is not made better by the champion's help.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.ab_tests.live import CHALLENGER, CHAMPION
from contracts.logs.request_log import Item

_STEP = 1.05  # from one bin of latencies to the next: a quantile is off by at most 5 %
_QUANTILES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99}
_EMPTY = {"texts": 0, "requests": 0, "errors": 0, "answered_by_other": 0, "uncertain": 0, "confidence": 0.0}


def counted(before: Mapping[str, Any], requests: Sequence[Sequence[Item]]) -> dict[str, Any]:
    """The counts with further requests, each with its texts of the test. Only requests whose texts all belong to one
    variant have a latency and an outcome that says something about it; `mixed` counts the others.
    """
    after: dict[str, Any] = {name: _copied(before.get(name) or {}) for name in (CHAMPION, CHALLENGER)}
    after["mixed"] = int(before.get("mixed", 0))
    for request in requests:
        assigned = {item["assigned"] for item in request if item.get("assigned") in (CHAMPION, CHALLENGER)}
        for item in request:
            if item.get("assigned") in (CHAMPION, CHALLENGER):
                _add_text(after[item["assigned"]], item)
        if len(assigned) == 1:
            _add_request(after[assigned.pop()], request[0])
        else:
            after["mixed"] += bool(assigned)
    for name in (CHAMPION, CHALLENGER):
        after[name] |= quantiles(after[name]["latency_bins"])
    return after


def quantiles(bins: Mapping[str, int]) -> dict[str, float | None]:
    """Quantiles of the latency, milliseconds; None without requests."""
    ordered = sorted((int(number), count) for number, count in bins.items())
    total = sum(count for _, count in ordered)
    found: dict[str, float | None] = {}
    for name, share in _QUANTILES.items():
        left, found[name] = math.ceil(share * total), None
        for number, count in ordered:
            left -= count
            if left <= 0:
                found[name] = round(_STEP ** (number + 0.5), 1)
                break
    return found


def _copied(before: Mapping[str, Any]) -> dict[str, Any]:
    copied = {name: before.get(name, nothing) for name, nothing in _EMPTY.items()}
    return copied | {name: dict(before.get(name) or {}) for name in ("labels", "latency_bins")}


def _add_text(counts: dict[str, Any], item: Item) -> None:
    counts["texts"] += 1
    counts["answered_by_other"] += bool(item.get("label")) and item.get("variant") != item["assigned"]
    counts["uncertain"] += bool(item.get("uncertain"))
    counts["confidence"] += float(item.get("confidence") or 0.0)
    if item.get("label"):
        counts["labels"][item["label"]] = counts["labels"].get(item["label"], 0) + 1


def _add_request(counts: dict[str, Any], item: Item) -> None:
    counts["requests"] += 1
    counts["errors"] += item.get("status", 200) >= 500
    number = str(math.floor(math.log(max(float(item.get("latency_ms", 0.0)), 0.1), _STEP)))
    counts["latency_bins"][number] = counts["latency_bins"].get(number, 0) + 1
