"""A request log and a bucket in memory, in which any call can be the last of a look that is killed."""

from __future__ import annotations

import json
import random
from bisect import insort
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from contracts.logs import drift_report, request_log
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.drift import log, look, store
from lambda_src.drift.look import LookResult
from lambda_src.redrive import dal as redrive_dal
from lambda_src.redrive import late
from local_aws.dynamodb_limits import requests
from tests.unit.lambda_src.drift.references import LABELS, drawn

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=300)
SHARDS = 4
PROMISE: Any = {"alpha": 0.001, "tolerance": 0.02}
VERSION = "rubric-dev-1"


class Killed(BaseException):
    """The look's process is gone: nothing in it may catch this."""


class Calls:
    """Counts calls; the one with number `last` kills, before it is made or, with `after`, once it was made."""

    def __init__(self) -> None:
        self.made = 0
        self.last: int | None = None
        self.after = False

    def call(self, make: Callable[[], Any]) -> Any:
        self.made += 1
        kill = self.last is not None and self.made >= self.last
        if kill and not self.after:
            raise Killed
        answer = make()
        if kill:
            raise Killed
        return answer


class Table:
    """DynamoDB with the request log's table: what its readers and its writers call."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.items: dict[tuple[str, int], dict[str, Any]] = {}
        self._index: dict[str, list[tuple[str, tuple[str, int]]]] = {}

    def write(self, item: Any) -> None:
        values = dict(item)
        key = (values["request_id"], int(values["position"]))
        assert key not in self.items
        self.items[key] = values
        if "day_shard" in values:
            insort(self._index.setdefault(values["day_shard"], []), (values["place"], key))

    def update_item(self, *, Key: Any, ExpressionAttributeNames: Any, ExpressionAttributeValues: Any, **_: Any) -> None:
        names = {code.removeprefix("#"): name for code, name in ExpressionAttributeNames.items()}
        new = {names[code.removeprefix(":")]: value for code, value in ExpressionAttributeValues.items()}
        item = dynamodb.plain({**Key, **new})
        if (item["request_id"], item["position"]) not in self.items:
            self.write(item)

    def query(self, **query: Any) -> dict[str, Any]:
        return dict(self._calls.call(lambda: self._query(**query)))

    def _query(self, *, ExpressionAttributeValues: Any, IndexName: str = "", **query: Any) -> dict[str, Any]:
        values = dynamodb.plain(ExpressionAttributeValues)
        if ":day" in values:
            sample = [item for (partition, _), item in sorted(self.items.items()) if partition == values[":day"]]
            known = [i for i in sample if "given" in i and i["model_version"] == values[":version"]]
            return {"Items": [dynamodb.item(item) for item in known], "ScannedCount": len(sample)}
        if not IndexName:
            found = [item for (request_id, _), item in self.items.items() if request_id == values[":id"]]
            return {"Items": [dynamodb.item(item) for item in found]}
        if message := requests.refusal(
            "Query", {**query, "ExpressionAttributeValues": ExpressionAttributeValues}, keys_of=lambda _: []
        ):
            raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Query")
        start = query.get("ExclusiveStartKey", values[":a"])
        inclusive = "ExclusiveStartKey" not in query
        entries = [
            entry
            for entry in self._index.get(values[":partition"], [])
            if (start <= entry[0] if inclusive else start < entry[0]) and entry[0] <= values[":u"]
        ]
        page = entries[: query["Limit"]]
        kept = ("request_id", "position", "day_shard", "place", "label", "confidence")
        answer = {
            "Items": [
                dynamodb.item({name: self.items[key][name] for name in kept if name in self.items[key]})
                for _, key in page
            ]
        }
        return {**answer, "LastEvaluatedKey": page[-1][0]} if len(page) < len(entries) else answer

    def batch_get_item(self, *, RequestItems: Any) -> dict[str, Any]:
        return dict(self._calls.call(lambda: self._batch(RequestItems)))

    def _batch(self, requested: Any) -> dict[str, Any]:
        [(name, request)] = requested.items()
        keys = [(key["request_id"]["S"], int(key["position"]["N"])) for key in request["Keys"]]
        names = set(request["ExpressionAttributeNames"].values())
        found = [self.items[key] for key in keys if key in self.items]
        return {"Responses": {name: [dynamodb.item({n: v for n, v in i.items() if n in names}) for i in found]}}


class Bucket:
    """S3 with one bucket and conditional writes, as its guide describes them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.objects: dict[str, bytes] = {}
        self.writes = 0

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return dict(self._calls.call(lambda: self._get(Key)))

    def _get(self, key: str) -> dict[str, Any]:
        if key not in self.objects:
            raise refused("NoSuchKey")
        body = self.objects[key]
        return {"Body": _Body(body), "ETag": _etag(body)}

    def put_object(self, **put: Any) -> dict[str, Any]:
        return dict(self._calls.call(lambda: self._put(**put)))

    def _put(self, *, Key: str, Body: bytes, IfMatch: str = "", IfNoneMatch: str = "", **_: Any) -> dict[str, Any]:
        held = self.objects.get(Key)
        if IfNoneMatch and held is not None:
            raise refused("PreconditionFailed")
        if IfMatch and held is None:
            raise refused("NoSuchKey")
        if IfMatch and held is not None and IfMatch != _etag(held):
            raise refused("PreconditionFailed")
        self.writes += 1
        self.objects[Key] = Body
        return {"ETag": _etag(Body)}

    def document(self, key: str) -> Any:
        return json.loads(self.objects[key])


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self) -> bytes:
        return self._body


def _etag(body: bytes) -> str:
    return f'"{hash(body)}"'


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Call")


class World:
    """An environment with one model whose reference is `drawn`; `now` is the clock of looks and of the redrive."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.table, self.bucket = Table(self.calls), Bucket(self.calls)
        self.now = NOW
        self.refer(VERSION)

    def refer(self, version: str) -> None:
        reference = {**drawn(1_000, random.Random(1)), "model_version": version}
        self.bucket.objects[buckets.baseline(version)] = json.dumps(reference).encode()

    def change_reference(self, version: str = VERSION, **changes: Any) -> None:
        key = buckets.baseline(version)
        self.bucket.objects[key] = json.dumps({**self.bucket.document(key), **changes}).encode()

    def labels_items(self) -> list[request_log.Item]:
        """The items with the labels that all answers refer to."""
        results = [Prediction(LABELS[0], (0.7, 0.1, 0.1, 0.1), LABELS, VERSION)]
        return labels_items(results, expires_at=int((NOW + timedelta(days=30)).timestamp()))

    def items(
        self, request_id: str, labels: Sequence[str], *, at: datetime, version: str = VERSION, text: str = "store"
    ) -> list[request_log.Item]:
        facts = RequestFacts(
            request_id=request_id, key_id="abcdefgh23", received=at, latency_ms=1.0, status=200, variant="v",
            keep_days=30, shards=SHARDS, backend="sagemaker", keep_text=text,
        )  # fmt: skip
        results = [
            Prediction(label, tuple(0.7 if each == label else 0.1 for each in LABELS), LABELS, version)
            for label in labels
        ]
        texts = [f"Text {request_id} {position} of many" for position in range(len(labels))]
        items = build(facts, texts=texts, results=results)
        chance = random.Random(request_id)
        for item in items:  # as the reference's texts have them
            confidence, length, unknown, unseen = (round(chance.random(), 4) for _ in range(4))
            item["confidence"], item["length"] = confidence, length  # type: ignore[typeddict-item]
            item["unknown_pieces"], item["unseen_words"] = unknown, unseen
        return items

    def logs(self, request_id: str, labels: Sequence[str], *, at: datetime, **more: Any) -> None:
        for item in self.items(request_id, labels, at=at, **more):
            self.table.write(item)

    def redrives(self, items: Sequence[request_log.Item]) -> None:
        """What the redrive does with a message of these items."""
        table = redrive_dal.Table(self.table, name="requests")
        for item in items:
            stored = dynamodb.item(item)
            table.add(late.marked(stored))
            arrival = late.arrival(stored, now=self.now)
            assert arrival is not None
            table.add(arrival)

    def look(self, *, promise: Any = PROMISE, settle: timedelta | None = None) -> look.Look:
        return look.Look(
            log.Log(self.table, table="requests", shards=SHARDS),
            store.Store(self.bucket, bucket="artifacts"),
            promise=promise,
            keep_days=3,  # each day before the first text takes queries
            settle=SETTLE if settle is None else settle,
            now=lambda: self.now,
        )

    def looks(self, *, parts: int | None = None) -> LookResult:
        """One look that is not killed; parts: after how many its time is over."""
        looking, left = self.look(), iter(range(10**9 if parts is None else parts))
        result = looking.run(has_time=lambda: next(left, None) is not None)
        if result.ended != drift_report.OVERTAKEN:
            looking.reported()
        return result

    def state(self) -> dict[str, Any]:
        return dict(self.bucket.document(buckets.DRIFT_STATE))

    def counted_up_to(self) -> str:
        return str(self.state()["counted"]) if buckets.DRIFT_STATE in self.bucket.objects else ""

    def counted(self, version: str = VERSION) -> dict[str, Any]:
        """What no killing may change: not when parts ended."""
        model = dict(self.state()["models"][version])
        return {name: model[name] for name in ("since", "until", "counts", "monitor", "recent")}
