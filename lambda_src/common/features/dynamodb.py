"""The feature store in two DynamoDB tables: `entity_key`, and `entity_key` with `place` for the history.

A newer value stays by the condition of an update ("Condition expressions" in the developer guide), and an event is put
into the history once, by that of a put.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from contracts.features import event as events_of
from contracts.features import layout, point_in_time, values
from contracts.features.event import Event
from contracts.features.layout import Past
from contracts.features.registry import Registry
from contracts.features.values import Value
from lambda_src.common import aws, dynamodb
from lambda_src.common.features import folding, reading
from lambda_src.common.features.folding import Cell, Newest
from lambda_src.common.features.store import StoreError, StoreUnavailableError, WriteResult

# Of the client: lambda_src.common.aws makes ten connections.
WORKERS: Final = 8
_READ_KEYS = 100  # BatchGetItem's limit
_DELETED_KEYS = 25  # BatchWriteItem's limit
_PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0)
# "Error handling with DynamoDB" in the developer guide: those after which the same request may be sent again.
_BUSY = {
    *("InternalServerError", "LimitExceededException", "ProvisionedThroughputExceededException"),
    *("RequestLimitExceeded", "ServiceUnavailable", "ThrottlingException", "TransactionInProgressException"),
}
_REFUSED = "ConditionalCheckFailedException"
# How an event's put into the history ended.
_Put = Literal["new", "repeated", "conflicting"]

T = TypeVar("T")
R = TypeVar("R")


class Store:
    """A `FeatureStore`. history_days: how long the history is kept; None: for good. clock: the time now, aware."""

    def __init__(
        self,
        client: Any,
        *,
        online: str,
        history: str,
        registry: Registry,
        history_days: int | None = None,
        clock: Callable[[], datetime] = events_of.utc_now,
    ) -> None:
        self._client = client
        self._online, self._history = online, history
        self._registry = registry
        self._history_days = history_days
        self._clock = clock

    def write(self, events: Iterable[Event | Mapping[str, Any]]) -> WriteResult:
        """As FeatureStore.write: first the history, so that a write that fails can be repeated."""
        now = self._clock()
        checked = events_of.checked_all(events, registry=self._registry, now=now)
        with _faults("write features"):
            puts = _each(lambda event: self._put(event, now=now), checked)
            kept = [event for event, put in zip(checked, puts, strict=True) if put != "conflicting"]
            accepted = _each(lambda one: self._update(one, now=now), folding.newest(kept))
        return folding.counted(
            checked,
            repeated={number for number, put in enumerate(puts) if put == "repeated"},
            conflicting={number for number, put in enumerate(puts) if put == "conflicting"},
            accepted={cell for cells in accepted for cell in cells},
        )

    def read(self, entity: str, ids: Sequence[str], names: Iterable[str] | None = None) -> dict[str, dict[str, Value]]:
        """As FeatureStore.read; eventually consistent, which costs half: a value may be a second old."""
        wanted = reading.Wanted(reading.keys(entity, ids), self._registry.chosen(entity, names))
        return self._read({entity: wanted})[entity]

    def read_all(self, ids: Mapping[str, Sequence[str]]) -> dict[str, dict[str, dict[str, Value]]]:
        """As FeatureStore.read_all, with one request for each 100 ids."""
        return self._read(reading.wanted(ids, registry=self._registry))

    def read_as_of(
        self, rows: Sequence[tuple[str, str, str]], names: Iterable[str] | None = None, *, as_known: bool = False
    ) -> list[dict[str, Value]]:
        """As FeatureStore.read_as_of: one query for each entity, which ends as soon as all values are found."""
        groups = reading.grouped(rows, names, registry=self._registry)

        def answered(group: reading.Group) -> list[dict[str, Value]]:
            if not group.features:
                return [{} for _ in group.times]
            history = self._past(
                group.key,
                since=point_in_time.oldest_needed(times=group.times, features=group.features) or "",
                until=max(group.times),
                names=[feature.name for feature in group.features],
            )
            return point_in_time.values_as_of(history, times=group.times, features=group.features, as_known=as_known)

        with _faults("read the history of features"):
            return reading.in_order(groups, _each(answered, groups), count=len(rows))

    def history(self, entity: str, entity_id: str, *, since: str = "", until: str = "") -> Iterator[Past]:
        """As FeatureStore.history."""
        (key,) = reading.keys(entity, [entity_id], registry=self._registry)
        bounds = {"since": values.time_text(since) if since else "", "until": values.time_text(until) if until else ""}
        with _faults("read the history of features"):
            yield from self._past(key, **bounds)

    def delete(self, entity: str, ids: Iterable[str]) -> int:
        """As FeatureStore.delete."""
        deleted = 0
        with _faults("delete features"):
            for key in reading.keys(entity, list(ids), registry=self._registry):
                answer = self._client.delete_item(TableName=self._online, Key=_key(key), ReturnValues="ALL_OLD")
                deleted += "Attributes" in answer
                places = [past.place for past in self._past(key, names=[])]
                for start in range(0, len(places), _DELETED_KEYS):
                    self._delete(key, places[start : start + _DELETED_KEYS])
                deleted += len(places)
        return deleted

    def _read(self, wanted: Mapping[str, reading.Wanted]) -> dict[str, dict[str, dict[str, Value]]]:
        keys, fields = reading.asked(wanted)
        found: dict[str, Mapping[str, Any]] = {}
        with _faults("read features"):
            for start in range(0, len(keys), _READ_KEYS):
                found |= self._items(keys[start : start + _READ_KEYS], fields)
        return reading.online_of(wanted, found, now=self._clock())

    def _put(self, event: Event, *, now: datetime) -> _Put:
        keys = {layout.ENTITY_KEY: folding.key_of(event), layout.PLACE: layout.place(event)}
        item: dict[str, Any] = {**keys, layout.FEATURES: dict(event.features), layout.WRITTEN_AT: values.time_text(now)}
        if expiry := folding.history_expiry(event, days=self._history_days):
            item[layout.EXPIRES_AT] = int(expiry.timestamp())
        try:
            self._client.put_item(
                TableName=self._history,
                Item=dynamodb.item(item),
                ConditionExpression=f"attribute_not_exists({layout.PLACE})",
            )
        except ClientError as error:
            if aws.error_code(error) != _REFUSED:
                raise
        else:
            return "new"
        answer = self._client.get_item(TableName=self._history, Key=dynamodb.item(keys), ConsistentRead=True)
        held = dynamodb.plain(answer["Item"])[layout.FEATURES] if "Item" in answer else event.features
        return "repeated" if held == event.features else "conflicting"

    def _update(self, newest: Newest, *, now: datetime) -> list[Cell]:
        """Write the values that are newer than those that are there; what was written."""
        expiry = folding.online_expiry(self._registry, newest.entity, now=now)
        names, held, sets, conditions = {"#e": layout.EXPIRES_AT}, dict[str, Any](), [], []
        for number, (feature, placed) in enumerate(newest.values.items()):
            names[f"#f{number}"], names["#p"] = layout.field(feature), layout.VALUE_PLACE
            held[f":f{number}"] = {layout.VALUE: placed.value, layout.VALUE_PLACE: placed.place}
            held[f":p{number}"] = placed.place
            sets.append(f"#f{number} = :f{number}")
            conditions.append(f"(attribute_not_exists(#f{number}) OR #f{number}.#p < :p{number})")
        if expiry is not None:
            held[":e"] = int(expiry.timestamp())
        try:
            self._client.update_item(
                TableName=self._online,
                Key=_key(newest.key),
                UpdateExpression=f"SET {', '.join(sets)}" + (" REMOVE #e" if expiry is None else ", #e = :e"),
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=dynamodb.item(held),
            )
        except ClientError as error:
            if aws.error_code(error) != _REFUSED:
                raise
            alone = newest.alone() if len(newest.values) > 1 else []
            return [cell for one in alone for cell in self._update(one, now=now)]
        return newest.cells()

    def _items(self, keys: list[str], fields: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        names = {f"#f{number}": field for number, field in enumerate(fields)}
        request = {
            "Keys": [_key(key) for key in keys],
            "ProjectionExpression": ", ".join([layout.ENTITY_KEY, *names]),
            "ExpressionAttributeNames": names,
        }
        found: dict[str, Mapping[str, Any]] = {}
        for pause in _PAUSES:
            time.sleep(pause)
            answer = self._client.batch_get_item(RequestItems={self._online: request})
            for item in answer["Responses"].get(self._online, []):
                found[item[layout.ENTITY_KEY]["S"]] = dynamodb.plain(item)
            left = answer.get("UnprocessedKeys", {}).get(self._online)
            if not left:
                return found
            request = left
        raise StoreUnavailableError("DynamoDB is too busy to read features: read them again in a minute.")

    def _past(
        self, key: str, *, since: str = "", until: str = "", names: Sequence[str] | None = None
    ) -> Iterator[Past]:
        """The events of a key, the latest first. names: only these features of each; None: all."""
        query: dict[str, Any] = {
            "TableName": self._history,
            "KeyConditionExpression": "#k = :k AND #p BETWEEN :since AND :until",
            "ExpressionAttributeNames": {"#k": layout.ENTITY_KEY, "#p": layout.PLACE},
            "ExpressionAttributeValues": dynamodb.item(
                {":k": key, ":since": since or "0", ":until": layout.last_place(until) if until else "\x7f"}
            ),
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if names is not None:
            fields = {f"#f{number}": name for number, name in enumerate(names)}
            wanted = ["#p", "#w", *(f"#v.{placeholder}" for placeholder in fields)]
            query["ProjectionExpression"] = ", ".join(wanted)
            query["ExpressionAttributeNames"] |= {"#w": layout.WRITTEN_AT, **fields}
            if fields:
                query["ExpressionAttributeNames"]["#v"] = layout.FEATURES
        while True:
            answer = self._client.query(**query)
            for item in answer["Items"]:
                held = dynamodb.plain(item)
                yield Past(held[layout.PLACE], held.get(layout.FEATURES, {}), held[layout.WRITTEN_AT])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _delete(self, key: str, places: list[str]) -> None:
        keys = [dynamodb.item({layout.ENTITY_KEY: key, layout.PLACE: place}) for place in places]
        requests: Any = [{"DeleteRequest": {"Key": one}} for one in keys]
        for pause in _PAUSES:
            time.sleep(pause)
            answer = self._client.batch_write_item(RequestItems={self._history: requests})
            requests = answer.get("UnprocessedItems", {}).get(self._history)
            if not requests:
                return
        raise StoreUnavailableError("DynamoDB is too busy to delete features: delete them again in a minute.")


def _key(key: str) -> dict[str, Any]:
    return {layout.ENTITY_KEY: {"S": key}}


def _each(call: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The answer for each item, in their order; several calls at a time, and after an error no new ones."""
    if len(items) < 2:
        return [call(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(WORKERS, len(items))) as pool:
        waiting = [pool.submit(call, item) for item in items]
        try:
            return [one.result() for one in waiting]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def _faults(doing: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = aws.error_code(error)
        if code in _BUSY:
            raise StoreUnavailableError(f"DynamoDB is too busy to {doing} ({code}): try again in a minute.") from error
        raise StoreError(f"DynamoDB refused to {doing}: {error}") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"DynamoDB did not answer to {doing}: {error}") from error
