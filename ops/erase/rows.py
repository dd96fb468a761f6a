"""The tables that are scanned completely: kept answers and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.erase import tables
from ops.erase.report import Show, StoreReport
from ops.erase.tables import Item
from ops.erase.targets import Wanted

ANSWERS, EXAMPLES = "kept answers", "examples"


class Answers:
    """Answers kept for a day for retries with an idempotency key; matched by key, request, or text through the log."""

    def __init__(self, dynamodb: Any, *, table: str, show: Show) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._show = show

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count wanted items and, with `apply`, delete them."""
        report = StoreReport(ANSWERS, self._table)
        keys, requests = wanted.targets_of("key"), wanted.targets_of("request").keys() | wanted.logged.requests
        pages = tables.scan(self._dynamodb, self._table, "answer_id", "key_id", "request_id")

        def matching() -> Iterator[Item]:
            for item in _shown(pages, report, self._show):
                key_id, request_id = item.get("key_id", {}).get("S"), item.get("request_id", {}).get("S")
                if key_id in keys or request_id in requests:
                    report.found += 1
                    yield {"answer_id": item["answer_id"]}

        _finish(self._dynamodb, self._table, matching(), report, apply=apply)
        report.note = "answers hold no texts; the answers for a text that is not in the log expire within a day"
        return report


class Examples:
    """Labelled texts; matched by key, or by text whoever sent it."""

    def __init__(self, dynamodb: Any, *, table: str, show: Show) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._show = show

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count wanted items and, with `apply`, delete them."""
        report = StoreReport(EXAMPLES, self._table)
        pages = tables.scan(self._dynamodb, self._table, "example_id", "key_id", "time", "text")

        def matching() -> Iterator[Item]:
            for item in _shown(pages, report, self._show):
                if wanted.has_example(item):
                    report.found += 1
                    yield {"example_id": item["example_id"]}

        _finish(self._dynamodb, self._table, matching(), report, apply=apply)
        return report


def _shown(pages: Iterator[list[Item]], report: StoreReport, show: Show) -> Iterator[Item]:
    for page in pages:
        report.looked_at += len(page)
        yield from page
        show(report.store, report.looked_at, report.found)


def _finish(dynamodb: Any, table: str, keys: Iterator[Item], report: StoreReport, *, apply: bool) -> None:
    if apply:
        for deleted in tables.delete(dynamodb, table, keys):
            report.erased += deleted
    else:
        for _ in keys:
            pass
