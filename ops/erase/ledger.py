"""The ledger: a row with a wanted text becomes a tombstone, which keeps the text out of every later dataset version.

A tombstone has the keyed hash of the row's id, and nothing else of it: whoever reads the table cannot try out texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from ops.datasets.ledger_table import LedgerTable, event_of
from ops.erase import tables
from ops.erase.report import Show, StoreReport
from ops.erase.targets import Wanted

STORE = "ledger"
_ATTRIBUTES = ("row_id", "event_id", "kind", "source", "key_id", "request_id", "time", "text")


class Tombs:
    """Tombstones in the ledger's table. key: reads the secret, only if one is needed."""

    def __init__(self, dynamodb: Any, *, table: str, key: Callable[[], bytes], now: Callable[[], str]) -> None:
        self._table = LedgerTable(dynamodb, name=table)
        self._read_key = key
        self._now = now

    @cached_property
    def _key(self) -> bytes:
        return self._read_key()

    def put(self, row_ids: Iterable[str]) -> None:
        """Keep these rows out from now on."""
        for row_id in row_ids:
            self._table.put(ledger.tombstone(ledger.keyed_hash(row_id, key=self._key), time=self._now()))


class Ledger:
    """The ledger in `table`."""

    def __init__(self, dynamodb: Any, *, table: str, tombs: Tombs, show: Show) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._tombs = tombs
        self._show = show

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count the events of wanted rows and, with `apply`, put tombstones and delete them."""
        report = StoreReport(STORE, self._table)
        rows, alone = self._find(wanted, report)
        if apply:
            # First what keeps the text out: a run that was killed is repeated, and finds what is left.
            self._tombs.put(sorted(rows | set(wanted.targets_of("example"))))
            for keys in (self._events(rows), iter(alone)):
                for deleted in tables.delete(self._dynamodb, self._table, keys):
                    report.erased += deleted
        self._show(STORE, report.looked_at, report.found)
        report.note = "a tombstone with a keyed hash takes a row's place" if rows else ""
        return report

    def collect(self, wanted: Wanted) -> None:
        """Add the texts of wanted keys and requests to `wanted.logged`, for the stores that know neither."""
        if wanted.targets_of("key") or wanted.targets_of("request"):
            self._find(wanted, StoreReport(STORE, self._table))

    def _find(self, wanted: Wanted, report: StoreReport) -> tuple[set[str], list[tables.Item]]:
        """The ids of the wanted rows, which are added to `wanted.logged`, and the keys of wanted events in others.

        A label of the labelling page says something about another caller's text: the label is wanted with the key, not
        the text.
        """
        rows, counts = set[str](), dict[str, int]()
        alone: list[tables.Item] = []
        for page in tables.scan(self._dynamodb, self._table, *_ATTRIBUTES):
            for item in page:
                event = event_of(dict(item))
                if event["kind"] == ledger.ERASED:
                    continue
                report.looked_at += 1
                row_id = event["row_id"]
                counts[row_id] = counts.get(row_id, 0) + 1
                by_key = event["time"] <= wanted.targets_of("key").get(event.get("key_id", ""), "")
                if (by_key and event["source"] != ledger.LABELLING) or _is_wanted(event, wanted):
                    rows.add(row_id)
                elif by_key:
                    alone.append({name: item[name] for name in ledger.KEY})
            self._show(STORE, report.looked_at, len(rows))
        alone = [key for key in alone if key[ledger.PARTITION]["S"] not in rows]
        report.found = sum(counts[row_id] for row_id in rows) + len(alone)
        wanted.logged.text_ids |= {bytes.fromhex(row_id) for row_id in rows}
        return rows, alone

    def _events(self, rows: Iterable[str]) -> Iterator[tables.Item]:
        for row_id in sorted(rows):
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=f"{ledger.PARTITION} = :row",
                ExpressionAttributeValues={":row": {"S": row_id}},
                ConsistentRead=True,
            )
            for page in pages:
                yield from ({name: item[name] for name in ledger.KEY} for item in page["Items"])


def _is_wanted(event: Event, wanted: Wanted) -> bool:
    """Whether the event's text is wanted: by itself, or for the request that it came with."""
    request_id = event.get("request_id")
    if request_id in wanted.targets_of("request") or request_id in wanted.logged.requests:
        return True
    return wanted.has_row(event["row_id"]) or wanted.has_text(event.get("text", ""))
