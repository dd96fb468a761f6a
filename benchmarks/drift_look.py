"""What a look for drift costs: processor time for a million texts, and the most memory.

    .venv/bin/python -m benchmarks.drift_look [--texts 100000]

DynamoDB's answers are made here and given to botocore as bytes, so reading them is measured as well; S3 keeps nothing.
The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.session import Session

from contracts.logs import request_log
from contracts.models.baseline import SHARE_EDGES, Baseline, bin_of
from lambda_src.drift import log, look, store

LABELS = ("Business", "Entertainment", "Health", "Science")
EDGES = [round(step / 10, 1) for step in range(10)]
SHARDS = 64
VERSION = "rubric-dev-1"
START = datetime(2026, 11, 20, tzinfo=UTC)
WORDS = [f"word{number}" for number in range(4_000)]
MILLION = 1_000_000


def text(number: int) -> dict[str, Any]:
    """The item of a text, the same at each call; one text a request, 20 a second."""
    chance = random.Random(number)
    at = (START + timedelta(milliseconds=50 * number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    request_id = f"r{number:012d}"
    return {
        "request_id": {"S": request_id},
        "position": {"N": "0"},
        "time": {"S": at},
        "place": {"S": request_log.place_of(at, request_id, 0)},
        "day_shard": {"S": f"{at[:10]}#{number % SHARDS}"},
        "label": {"S": chance.choice(LABELS)},
        "model_version": {"S": VERSION},
        "backend": {"S": "sagemaker"},
        "text": {"S": " ".join(chance.choices(WORDS, k=10))},
        "packed_probabilities": {"S": "5N0BkE6QTuAz"},
        "labels_id": {"S": "#labels#0123456789abcdef01234567"},
        **{name: {"N": f"{chance.random():.4f}"} for name in ("confidence", "unknown_pieces", "unseen_words")},
        "length": {"N": str(chance.randint(4, 24))},
    }


def reference() -> Baseline:
    """Of 1,500 texts like these."""
    items = [text(-number - 1) for number in range(1_500)]

    def counts(name: str, edges: list[float]) -> dict[str, Any]:
        found = [0] * len(edges)
        for item in items:
            found[bin_of(float(item[name]["N"]), edges)] += 1
        return {"edges": edges, "counts": found}

    labels = [item["label"]["S"] for item in items]
    return {
        "layout": 2,
        "model_version": VERSION,
        "texts": len(items),
        "length_unit": "pieces",
        "labels": list(LABELS),
        "streams": {
            "predicted_label": {"counts": [labels.count(label) for label in LABELS]},
            "confidence": counts("confidence", EDGES),
            "length": counts("length", [float(edge) for edge in range(0, 24, 3)]),
            "unknown_pieces": counts("unknown_pieces", list(SHARE_EDGES)),
            "unseen_words": counts("unseen_words", list(SHARE_EDGES)),
        },
        "confusion": None,
        "prior": [0.25] * 4,
        "mean_confidence": 0.5,
        "accuracy": 0.5,
        "term_texts": 0,
        "terms": {},
    }


class Bucket:
    """The store's client: a reference, and a state that is only counted."""

    def __init__(self) -> None:
        self._reference, self.state_bytes = json.dumps(reference()).encode(), 0

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key.endswith("state.json"):
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self._reference), "ETag": '"1"'}

    def put_object(self, *, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.state_bytes = len(Body)
        return {"ETag": '"1"'}


class Answers:
    """DynamoDB's answers as bytes. `seconds`: the processor time that making them took, which is not the look's."""

    def __init__(self, texts: int) -> None:
        self._texts, self.seconds = texts, 0.0

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        started = time.process_time()
        asked = json.loads(request.body)
        batch = request.headers["X-Amz-Target"].decode().endswith("BatchGetItem")
        body = json.dumps(self._batch(asked) if batch else self._query(asked)).encode()
        self.seconds += time.process_time() - started
        return AWSResponse(request.url, 200, {"content-type": "application/x-amz-json-1.0"}, _Raw(body))

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        [(table, wanted)] = asked["RequestItems"].items()
        return {"Responses": {table: [text(int(key["request_id"]["S"][1:])) for key in wanted["Keys"]]}}

    def _query(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = asked["ExpressionAttributeValues"]
        if ":partition" not in values or values[":partition"]["S"].startswith("late#"):
            return {"Items": []}
        day, shard = values[":partition"]["S"].split("#")
        after = asked.get("ExclusiveStartKey")
        first = (datetime.fromisoformat(f"{day}T00:00:00+00:00") - START) // timedelta(milliseconds=50)
        number = first + (int(shard) - first) % SHARDS
        if after is not None:
            number = int(after["request_id"]["S"][1:]) + SHARDS
        last = min(self._texts, first + 86_400 * 20)
        names = ("request_id", "position", "place", "day_shard", "label", "confidence")
        items = []
        while 0 <= number < last and len(items) < asked["Limit"]:
            item = text(number)
            items.append({name: item[name] for name in names})
            number += SHARDS
        answer: dict[str, Any] = {"Items": items}
        if items and number < last:
            answer["LastEvaluatedKey"] = {name: items[-1][name] for name in names[:4]}
        return answer


class _Raw(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def main() -> None:
    """Runs one look."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--texts", type=int, default=100_000)
    texts = parser.parse_args().texts
    os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")
    client = Session().create_client("dynamodb", region_name="us-east-1")
    answers, bucket = Answers(texts), Bucket()
    client.meta.events.register("before-send.dynamodb", answers)
    looking = look.Look(
        log.Log(client, table="requests", shards=SHARDS),
        store.Store(bucket, bucket="artifacts"),
        promise={"alpha": 0.001, "tolerance": 0.02},
        keep_days=30,
        settle=timedelta(seconds=300),
        now=lambda: START + timedelta(days=20),
    )
    started = time.process_time()
    result = looking.run(has_time=lambda: True)
    seconds = time.process_time() - started - answers.seconds
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{result.texts:,} texts: {seconds:.1f} s of processor time, at most {memory:.0f} MiB, {result.ended}")
    figures = {
        "texts": result.texts,
        "cpu_seconds_a_million": round(seconds / result.texts * MILLION, 1),
        "most_memory_mib": round(memory),
        "state_bytes": bucket.state_bytes,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
