"""The request log as A/B tests read it, and the item that says how a live test's texts are split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from contracts.ab_tests import live
from contracts.ab_tests.live import LiveTest
from contracts.logs.request_log import Item
from lambda_src.common import aws, dynamodb
from lambda_src.common.logged_days import LoggedDays
from lambda_src.common.logged_texts import LoggedTexts

Key = tuple[str, int]
_CHUNK = 100  # BatchGetItem's limit
_HELD = 4_000  # items of the index in memory


def make_client() -> Any:
    """A DynamoDB client for many reads at once; a step that fails is done again."""
    return aws.client("dynamodb", connect_timeout=2.0, read_timeout=10.0, attempts=5)


class Log:
    """The table called `table`, whose indexes have at least `shards` shards. Raises botocore's errors."""

    def __init__(self, client: Any, *, table: str, shards: int, logger: Any) -> None:
        self._dynamodb = client
        self._table = table
        self._days = LoggedDays(client, table=table, shards=shards, held=_HELD)
        self._whole = LoggedTexts(client, table=table, logger=logger)

    def newest(self, *, until: str, days: int) -> Iterator[Item]:
        """The whole texts of the last `days` days before a time, newest first, read as they are consumed."""
        shards = self._days.shards()
        for day in _days(until, days):
            yield from self._in_whole(self._days.day(day, shards, after=f"{day}T", until=until, forward=False))

    def after(self, place: str, *, until: str) -> Iterator[Item]:
        """The whole texts after a place or time and before a time, oldest first, without those that came late."""
        shards = self._days.shards()
        first, last = date.fromisoformat(place[:10]), date.fromisoformat(until[:10])
        for number in range((last - first).days + 1):
            day = (first + timedelta(days=number)).isoformat()
            yield from self._in_whole(self._days.day(day, shards, after=place, until=until, forward=True))

    def items(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The texts that the log still has of these."""
        return {_key(item): item for item in self._whole.texts(keys)}

    def split(self, test: LiveTest) -> None:
        """Says how texts are split from now on."""
        self._dynamodb.put_item(TableName=self._table, Item=dynamodb.item(test))

    def unite(self) -> None:
        """Ends the split; without one it does nothing."""
        key = dynamodb.item({"request_id": live.ITEM_ID, "position": live.POSITION})
        self._dynamodb.delete_item(TableName=self._table, Key=key)

    def _in_whole(self, indexed: Iterator[Item]) -> Iterator[Item]:
        chunk: list[Key] = []
        for item in indexed:
            chunk.append(_key(item))
            if len(chunk) == _CHUNK:
                yield from self._whole.texts(chunk)
                chunk = []
        if chunk:
            yield from self._whole.texts(chunk)


def _days(until: str, count: int) -> Iterator[str]:
    """The last `count` days and the one before them, in which the oldest texts that are kept lie, newest first."""
    last = date.fromisoformat(until[:10])
    yield from ((last - timedelta(days=back)).isoformat() for back in range(count + 1))


def _key(item: Item) -> Key:
    return item["request_id"], int(item["position"])
