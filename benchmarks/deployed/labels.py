"""The request log of models with few and with hundreds of labels: what a text costs to write, and statistics to read.

    .venv/bin/python -m benchmarks.deployed.labels [--texts 3072]

It uses tables of its own in the DynamoDB of a running local AWS (`python -m local up`, or `make demo`), written and
read by the functions' own code. `before` is the form of items until 1.3.0 of the contract, each with all its labels.
The last line is one JSON object; the exit status is 1 when statistics take more than twice as long with 151 labels as
with 4, or leave out a text.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.deployed import local
from benchmarks.screen import Line
from contracts.logs import request_log
from contracts.logs.request_log import Item
from lambda_src.classify.log_items import RequestFacts, build, labels_items
from lambda_src.classify.log_writer import LogWriter
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.request_log_api.dal import RequestLog
from lambda_src.request_log_api.slices import Reader
from lambda_src.request_log_api.statistics import stats
from model_code.dataset_generator.generate_headlines import headlines

LABELS = (4, 20, 151, 500)
BEFORE = (4, 151)
MOST_RATIO = 2.0
_REQUEST = 64
_SHARDS = 16
_ROUNDS = 5
_KEY = "abcdefgh23"


@dataclass(frozen=True)
class Figures:
    """bytes: of a table's item as DynamoDB JSON, on average; milliseconds: to write a text, and for the statistics."""

    item_bytes: float
    write_ms: float
    stats_ms: float
    counted: int
    complete: bool


def make_table(client: Any, name: str) -> None:
    """The request log's table, with the keys and indexes of the Data stack."""
    kinds = {request_log.PARTITION: "S", request_log.SORT: "N", request_log.PLACE: "S"}
    kinds |= dict.fromkeys(request_log.PARTITIONS.values(), "S")
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(request_log.INCLUDED)}

    def keys(first: str, second: str) -> list[dict[str, str]]:
        return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

    client.create_table(
        TableName=name,
        KeySchema=keys(*request_log.KEY),
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": kind} for one, kind in kinds.items()],
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": keys(part, request_log.PLACE), "Projection": projection}
            for index, part in request_log.PARTITIONS.items()
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def prediction(labels: tuple[str, ...], *, number: int) -> Prediction:
    """An answer of 80 % for one label; the others share the rest."""
    rest = 0.2 / (len(labels) - 1)
    row = tuple(0.8 if at == number % len(labels) else rest for at in range(len(labels)))
    return Prediction(labels[number % len(labels)], row, labels, "rubric-bench-1")


def as_before(items: list[Item], results: list[Prediction]) -> list[Item]:
    """The items in the form that they had before."""
    before: list[Item] = []
    for item, result in zip(items, results, strict=True):
        old: Item = {**item, "labels": list(result.labels), "probabilities": list(result.probabilities or ())}
        del old["labels_id"], old["packed_probabilities"]
        before.append(old)
    return before


def measure(client: Any, texts: list[str], *, count: int, before: bool) -> Figures:
    """Write the texts to a new table, then ask for their statistics several times: the fastest counts."""
    name = f"bench-labels-{count}-{'before' if before else 'now'}-{time.time_ns()}"
    make_table(client, name)
    try:
        writer = LogWriter(client, None, table=name, dlq_url="", shards=_SHARDS, logger=None)
        labels = tuple(f"label number {number}" for number in range(count))
        sizes, seconds = [], 0.0
        for start in range(0, len(texts), _REQUEST):
            some = texts[start : start + _REQUEST]
            results = [prediction(labels, number=start + at) for at in range(len(some))]
            items = build(_facts(f"r{start}"), texts=some, results=results)
            items = as_before(items, results) if before else items
            sizes += [len(json.dumps(dynamodb.item(item)).encode()) for item in items]
            own = [] if before else labels_items(results, expires_at=items[0]["expires_at"])
            seconds += _timed(lambda items=items, own=own: writer.write(items, labels=own))[0]  # type: ignore[misc]
        log = RequestLog(client, table=name, shards=_SHARDS, logger=None)
        reader = Reader(key_id=_KEY, everything=False)
        runs = [
            _timed(lambda: stats(log, reader, since=None, now=datetime.now(UTC), keep_days=30)) for _ in range(_ROUNDS)
        ]
        document = runs[0][1]
        return Figures(
            item_bytes=round(statistics.mean(sizes)),
            write_ms=round(seconds * 1000 / len(texts), 3),
            stats_ms=round(min(seconds for seconds, _ in runs) * 1000, 1),
            counted=document["texts"],
            complete=document["complete"],
        )
    finally:
        client.delete_table(TableName=name)


def _facts(request_id: str) -> RequestFacts:
    return RequestFacts(
        request_id=request_id, key_id=_KEY, received=datetime.now(UTC), latency_ms=12.4, status=200,
        variant="champion", backend="sagemaker", keep_days=30, shards=_SHARDS,
    )  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def main() -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.deployed.labels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=int, default=48 * _REQUEST, help="how many texts to log (default: 3072)")
    options = parser.parse_args()
    environment = local.environment()
    if environment is None:
        print("benchmarks.deployed.labels: no local AWS is running: `python -m local up`", file=sys.stderr)
        return 1
    client = local.client("dynamodb", environment)
    texts = [text for text, _ in headlines(options.texts, seed=11)]
    cases = [*((count, False) for count in LABELS), *((count, True) for count in BEFORE)]
    line, found = Line(total=len(cases)), {}
    for count, before in cases:
        name = f"{count} labels{', before' if before else ''}"
        line.begin(name)
        found[name] = measure(client, texts, count=count, before=before)
        line.end(f"{found[name].stats_ms} ms, {found[name].counted} texts")
    ratio = round(found["151 labels"].stats_ms / found["4 labels"].stats_ms, 2)
    whole = all(figures.complete and figures.counted == options.texts for figures in found.values())
    print(json.dumps({"texts": options.texts, **{name: vars(figures) for name, figures in found.items()},
                      "ratio_151_to_4": ratio, "most": MOST_RATIO, "whole": whole}))  # fmt: skip
    return 0 if ratio <= MOST_RATIO and whole else 1


if __name__ == "__main__":
    sys.exit(main())
