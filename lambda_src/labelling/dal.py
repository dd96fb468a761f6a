"""The request log's table and the ledger of labels, as labelling reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.datasets.ledger import Event
from contracts.logs import audit, request_log
from contracts.logs.audit import Given, Sampled
from contracts.logs.request_log import Item
from lambda_src.common import dynamodb, ledger, storage
from lambda_src.common.logged_texts import LoggedTexts, current

_CONCURRENCY = 8
_CONDITION_FAILED = "ConditionalCheckFailed"  # a reason for which a transaction is cancelled


class Texts:
    """The request log's table. Raises Problem 503 when DynamoDB does not answer."""

    def __init__(self, client: Any, *, table: str, ledger_table: str, shards: int, logger: Any) -> None:
        self._dynamodb = client
        self._table = table
        self._ledger = ledger_table
        self._shards = shards
        self._logger = logger
        self._whole = LoggedTexts(client, table=table, logger=logger)

    def texts(self, keys: Sequence[tuple[str, int]]) -> list[Item]:
        """The whole items of (request id, position), with labels, without those that do not exist."""
        return self._whole.texts(keys)

    def text(self, request_id: str, position: int) -> Item | None:
        """One text of a request."""
        if not request_log.is_request_id(request_id):
            return None
        return next(iter(self._whole.texts([(request_id, position)])), None)

    def shards(self) -> int:
        """How many shards a day has: the highest number that was written to while any kept text was logged."""
        with storage.failures(self._logger, doing="read the number of shards"):
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="request_id = :id",
                ExpressionAttributeValues={":id": {"S": request_log.SHARDS_ID}},
                ConsistentRead=True,
            )
        return max(self._shards, *(item["position"] for item in current(answer["Items"])), 0)

    def newest(self, day: str, *, shards: int, most: int) -> list[Item]:
        """A day's newest texts as the index has them: at most `most`, the same number from each shard."""
        query = partial(self._of_shard, day, most=max(1, most // shards))
        with ThreadPoolExecutor(max_workers=min(_CONCURRENCY, shards)) as pool:
            return [item for items in pool.map(query, range(shards)) for item in items]

    def _of_shard(self, day: str, shard: int, *, most: int) -> list[Item]:
        with storage.failures(self._logger, doing="read the log"):
            answer = self._dynamodb.query(
                TableName=self._table,
                IndexName=request_log.BY_DAY,
                KeyConditionExpression="#day = :day",
                ExpressionAttributeNames={"#day": request_log.DAY_SHARD},
                ExpressionAttributeValues={":day": {"S": request_log.partition(day, shard)}},
                ScanIndexForward=False,
                Limit=most,
            )
        return [cast(Item, dynamodb.plain(stored)) for stored in answer["Items"]]

    def sample(self, day: str) -> Iterator[Sampled]:
        """A day's audit sample in the order of its random numbers, read as it is consumed."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "request_id = :day",
            "ExpressionAttributeValues": {":day": {"S": audit.partition(day)}},
            "ConsistentRead": True,
        }
        while True:
            with storage.failures(self._logger, doing="read the audit sample"):
                answer = self._dynamodb.query(**query)
            yield from cast(list[Sampled], current(answer["Items"]))
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def sampled(self, item: Item) -> Sampled | None:
        """The audit sample's item for a text of the log."""
        with storage.failures(self._logger, doing="read a text of the audit sample"):
            key = dynamodb.item(audit.key_of(item))
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return cast(Sampled, current([answer["Item"]])[0]) if "Item" in answer else None

    def give(
        self,
        item: Item,
        sampled: Sampled | None,
        *,
        labeller: str,
        before: Given | None,
        now: Given,
        event: Event | None,
    ) -> bool:
        """Stores a label with its event, both or neither: with the text, or with the item of the sample, if it has one.

        event: None if the text was erased. before: what the labeller had said. False, and nothing is stored, if that is
        no longer so, or if the text was deleted since it was read.
        """
        holder = cast(Item, sampled) if sampled else item
        parts = [{"Update": self._update(holder, labeller, before, now)}]
        if event:
            parts.append(ledger.put_of(event, table=self._ledger))
        if sampled:
            kept = {"ConditionExpression": "attribute_exists(#text)", "ExpressionAttributeNames": {"#text": "text"}}
            parts.append({"ConditionCheck": {**self._of(item), **kept}})
        try:
            with storage.failures(self._logger, doing="store a label"):
                return ledger.transact(self._dynamodb, parts) is None
        except ClientError as error:
            reasons = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])}
            if _CONDITION_FAILED not in reasons:
                raise
            return False  # the text was deleted

    def _of(self, item: Item) -> dict[str, Any]:
        key = dynamodb.item({"request_id": item["request_id"], "position": item["position"]})
        return {"TableName": self._table, "Key": key}

    def _update(self, holder: Item, labeller: str, before: Given | None, now: Given) -> dict[str, Any]:
        """The part that stores what a labeller says, if what the item says of the labeller is still `before`."""
        names: dict[str, str] = {"#given": "given", "#kept": "of_request" if "of_request" in holder else "text"}
        values: dict[str, Any] = {":now": now}
        if holder.get("given") is None:
            change, unchanged = "#given", "attribute_not_exists(#given)"
            values[":now"] = {labeller: now}
        else:
            names["#labeller"] = labeller
            change, unchanged = "#given.#labeller", "attribute_not_exists(#given.#labeller)"
            if before is not None:
                names["#times"], values[":times"] = "times", before["times"]
                unchanged = "#given.#labeller.#times = :times"
        return {
            **self._of(holder),
            "UpdateExpression": f"SET {change} = :now",
            "ConditionExpression": f"attribute_exists(#kept) AND {unchanged}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": dynamodb.item(values),
        }
