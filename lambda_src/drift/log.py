"""The request log as a look reads it: each request once, in the order of their places.

`contracts.logs.request_log` describes the items and the index by day.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import groupby
from typing import Any, cast

from contracts.logs import audit, logged_labels, request_log
from contracts.logs.audit import Sampled
from contracts.logs.request_log import Item
from lambda_src.common import aws, dynamodb
from lambda_src.common.logged_days import LoggedDays

_KEYS = 100  # BatchGetItem's limit
_CONCURRENCY = 8
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
_HELD = 20_000  # items of the index in memory
# Texts of a day's audit sample that are read, labelled or not.
MOST_SAMPLED, _SAMPLED_A_PAGE = 20_000, 2_000

Key = tuple[str, int]
# What is read of a text: not its latency, caller or indexes.
_READ = (
    *("request_id", "position", "time", "place", "expires_at", "backend", "model_version", "label", "confidence"),
    *("length", "unknown_pieces", "unseen_words", "text", "text_sha256", "labels_id", "packed_probabilities"),
    *("features", "publisher"),
)


class BusyError(Exception):
    """DynamoDB left keys unread however often they were asked for."""


def make_client() -> Any:
    """A DynamoDB client for many reads at once; a look that fails is repeated from where it was."""
    return aws.client("dynamodb", connect_timeout=2.0, read_timeout=10.0, attempts=5, connections=_CONCURRENCY)


class Log:
    """The table called `table`, whose indexes have at least `shards` shards. Raises botocore's errors."""

    def __init__(self, client: Any, *, table: str, shards: int) -> None:
        self._dynamodb = client
        self._table = table
        self._days = LoggedDays(client, table=table, shards=shards, held=_HELD)

    def requests(self, *, after: str, until: str) -> Iterator[list[Item]]:
        """The answered texts of each request in its order, as the index has them, without those that came late.

        after: a place or a time; until: a time. Memory does not grow with the number of texts.
        """
        shards = self._days.shards()
        for day in days(after, until):
            texts = self._days.day(day, shards, after=after, until=until)
            for _, request in groupby(texts, key=_request):
                yield list(request)

    def late(self, *, after: str, until: str) -> Iterator[Item]:
        """The items that say which texts came late, in the order in which they came."""
        for day in days(after, until):
            yield from self._days.partition(request_log.late_partition(day), after=after, until=until, most=1_000)

    def texts(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The texts that the table has of these, without those that have expired. Raises BusyError."""
        chunks = [keys[start : start + _KEYS] for start in range(0, len(keys), _KEYS)]
        with ThreadPoolExecutor(max_workers=_CONCURRENCY) as pool:
            found = [item for items in pool.map(self._get, chunks) for item in items]
        now = time.time()
        return {_key(item): item for item in found if item.get("expires_at") is None or item["expires_at"] > now}

    def labelled(self, model_version: str, *, since: str, until: str) -> list[Sampled]:
        """The texts of the audit sample that this model answered and that have labels of anybody, by the time of the
        label that decides; first those without one.

        since, until: times of requests. Of days with a very large sample, the first MOST_SAMPLED in its random order.
        """
        found: list[Sampled] = []
        for day in days(since, until):
            found += self._labelled(day, model_version)
        return sorted(found, key=labelled_at)

    def _labelled(self, day: str, model_version: str) -> list[Sampled]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "request_id = :day",
            "FilterExpression": "attribute_exists(given) AND model_version = :version",
            "ExpressionAttributeValues": dynamodb.item({":day": audit.partition(day), ":version": model_version}),
            "Limit": _SAMPLED_A_PAGE,
        }
        found: list[Sampled] = []
        left = MOST_SAMPLED  # a page ends at its limit or at 1 MB ("Query.Pagination" in DynamoDB's guide)
        while left > 0:
            answer = self._dynamodb.query(**query)
            left -= answer["ScannedCount"]
            found += [cast(Sampled, dynamodb.plain(stored)) for stored in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return [item for item in found if item["given"]]

    def labels(self, ids: Iterable[str]) -> dict[str, list[str]]:
        """The lists of labels by their id (`contracts.logs.logged_labels`)."""
        found = self._get([(one, 0) for one in sorted(set(ids))[:_KEYS]])
        return {item["request_id"]: item["labels"] for item in found}

    def _get(self, keys: Sequence[Key]) -> list[Item]:
        wanted = [dynamodb.item({"request_id": request_id, "position": position}) for request_id, position in keys]
        names = {f"#{n}": name for n, name in enumerate((*_READ, "labels"))}
        items: list[Item] = []
        for pause in (0.0, *_PAUSES):
            if not wanted:
                return items
            time.sleep(pause)
            # Consistent: an index may have a text before every replica of the table has it.
            answer = self._dynamodb.batch_get_item(
                RequestItems={
                    self._table: {
                        "Keys": wanted,
                        "ConsistentRead": True,
                        "ProjectionExpression": ", ".join(names),
                        "ExpressionAttributeNames": names,
                    }
                }
            )
            items += [cast(Item, dynamodb.plain(one)) for one in answer["Responses"].get(self._table, [])]
            wanted = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        if wanted:
            raise BusyError(f"DynamoDB left {len(wanted)} of {len(keys)} texts unread")
        return items


def probabilities(item: Item, labels: Mapping[str, list[str]]) -> dict[str, float]:
    """A text's probabilities by label; {} where it has none or its labels are not known."""
    names, packed = labels.get(item.get("labels_id", "")), item.get("packed_probabilities")
    return dict(zip(names, logged_labels.unpack(packed), strict=False)) if names and packed else {}


def labelled_at(item: Sampled) -> str:
    """When a text of the audit sample got the label that decides; "" without one."""
    found = audit.deciding(item["given"])
    return found.time if found else ""


def days(after: str, until: str) -> Iterator[str]:
    """The days from one place or time to another, both included; none where the first is later."""
    day, last = date.fromisoformat(after[:10]), date.fromisoformat(until[:10])
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def _key(item: Item) -> Key:
    return item["request_id"], int(item["position"])


def _request(item: Item) -> str:
    return item["place"].rsplit("#", 1)[0]
