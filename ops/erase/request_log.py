"""The request log: searched by key through its index, by request through the table's key, by text in a scan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from contracts.logs import audit, request_log
from ops.erase import tables
from ops.erase.report import Show, StoreReport
from ops.erase.tables import Item
from ops.erase.targets import Wanted

STORE = "request log"
_ATTRIBUTES = ("request_id", "position", "key_id", "time", "text", "text_sha256", "audit")
_AT_ONCE = 500
_REPORT_EVERY = 5_000


class RequestLog:
    """The request log in `table`."""

    def __init__(self, dynamodb: Any, *, table: str, show: Show) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._show = show

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count wanted items and, with `apply`, delete them; adds what they hold to `wanted.logged`."""
        report = StoreReport(STORE, self._table)
        items = _once(self._matching(wanted, report))
        if apply:
            while some := list(islice(items, _AT_ONCE)):
                # First what labellers said of them: a later run would not find it without the text's item.
                sampled = (_sample_key(item) for item in some if "audit" in item)
                for _ in tables.delete(self._dynamodb, self._table, sampled):
                    pass
                keys = ({"request_id": item["request_id"], "position": item["position"]} for item in some)
                for deleted in tables.delete(self._dynamodb, self._table, keys):
                    report.erased += deleted
        else:
            for _ in items:
                pass
        self._show(STORE, report.looked_at, report.found)
        return report

    def collect(self, wanted: Wanted) -> None:
        """Add what the log holds of the wanted keys and requests to `wanted.logged`; does not scan, unlike `run`."""
        report = StoreReport(STORE, self._table)
        for item in self._of_callers(wanted, report):
            wanted.logged.add(item)

    def _matching(self, wanted: Wanted, report: StoreReport) -> Iterator[Item]:
        items = self._scanned(wanted, report) if wanted.by_content else self._of_callers(wanted, report)
        for item in items:
            report.found += 1
            wanted.logged.add(item)
            yield item

    def _of_callers(self, wanted: Wanted, report: StoreReport) -> Iterator[Item]:
        for key_id, until in wanted.targets_of("key").items():
            for shard in range(self._shards()):
                yield from self._of_shard(request_log.partition(key_id, shard), until, report)
        for request_id in wanted.targets_of("request"):
            query = {
                "KeyConditionExpression": "request_id = :id",
                "ExpressionAttributeValues": {":id": {"S": request_id}},
            }
            for page in self._query(**query, ConsistentRead=True):
                report.looked_at += len(page)
                yield from page

    def _of_shard(self, partition: str, until: str, report: StoreReport) -> Iterator[Item]:
        query = {
            "IndexName": request_log.BY_KEY,
            "KeyConditionExpression": f"{request_log.KEY_SHARD} = :partition AND {request_log.PLACE} <= :until",
            # A place starts with a time: items of that same millisecond sort before the next character.
            "ExpressionAttributeValues": {":partition": {"S": partition}, ":until": {"S": f"{until}$"}},
        }
        for page in self._query(**query):
            keys = [{"request_id": item["request_id"], "position": item["position"]} for item in page]
            report.looked_at += len(page)
            self._show(STORE, report.looked_at, report.found)
            yield from tables.get(self._dynamodb, self._table, keys)

    def _scanned(self, wanted: Wanted, report: StoreReport) -> Iterator[Item]:
        without = 0
        for page in tables.scan(self._dynamodb, self._table, *_ATTRIBUTES):
            for item in page:
                if not request_log.is_request_id(item["request_id"]["S"]):
                    continue
                report.looked_at += 1
                without += not ("text" in item or "text_sha256" in item)
                if report.looked_at % _REPORT_EVERY == 0:
                    self._show(STORE, report.looked_at, report.found)
                try:
                    is_wanted = wanted.has_item(item)
                except ValueError:
                    why = f"an item of request {item['request_id']['S']} cannot be read: erase it by request"
                    report.problems.append(f"{self._table}: {why}")
                    continue
                if is_wanted:
                    yield item
        if without:
            report.note = f"{without:,} items have neither a text nor a hash: erase them by key or request"

    def _shards(self) -> int:
        """The number of shards that were ever written to."""
        query = {
            "KeyConditionExpression": "request_id = :id",
            "ExpressionAttributeValues": {":id": {"S": request_log.SHARDS_ID}},
        }
        counts = [int(item["position"]["N"]) for page in self._query(**query) for item in page]
        return max(counts, default=0)

    def _query(self, **query: Any) -> Iterator[list[Item]]:
        for page in self._dynamodb.get_paginator("query").paginate(TableName=self._table, **query):
            yield page["Items"]


def _once(items: Iterator[Item]) -> Iterator[Item]:
    """Remove duplicates: BatchWriteItem refuses a repeated key, and a request may be wanted in two ways."""
    before: set[tuple[str, str]] = set()
    for item in items:
        pair = (item["request_id"]["S"], item["position"]["N"])
        if pair not in before:
            before.add(pair)
            yield item


def _sample_key(item: Item) -> Item:
    """The key of the audit sample's item for a text that belongs to it."""
    request_id, position, time = item["request_id"]["S"], int(item["position"]["N"]), item["time"]["S"]
    key = audit.key_of({"request_id": request_id, "position": position, "time": time})
    return {"request_id": {"S": str(key["request_id"])}, "position": {"N": str(key["position"])}}
