"""Tests the request log's table: its indexes, and its shards for the write rate."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.logs import request_log
from tests.stacks.conftest import Synthesise, Synthesised


def table_of(synthesised: Synthesised) -> dict[str, Any]:
    tables = synthesised.resources("data", "AWS::DynamoDB::GlobalTable")
    [properties] = [table["Properties"] for name, table in tables.items() if name.startswith("RequestLog")]
    return dict(properties)


def test_the_request_log_s_indexes_are_those_that_its_writer_and_reader_know(dev: Synthesised) -> None:
    properties = table_of(dev)
    indexes = {index["IndexName"]: index for index in properties["GlobalSecondaryIndexes"]}
    keys = {name: [part["AttributeName"] for part in index["KeySchema"]] for name, index in indexes.items()}
    assert keys == {name: [partition, request_log.PLACE] for name, partition in request_log.PARTITIONS.items()}
    for index in indexes.values():
        included = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(request_log.INCLUDED)}
        assert index["Projection"] == included, "an index that holds more costs a write unit for each 1 KB of it"
    types = {part["AttributeName"]: part["AttributeType"] for part in properties["AttributeDefinitions"]}
    texts = {"request_id", request_log.DAY_SHARD, request_log.KEY_SHARD, request_log.PLACE}
    assert types == {"position": "N", **dict.fromkeys(texts, "S")}


@pytest.mark.parametrize(
    ("rate", "shards", "warm"),
    [(4000, 64, None), (4001, 65, 4001), (9000, 144, 9000), (250, 4, None), (40_000, 160, 40_000)],
)
def test_the_request_log_is_laid_out_for_the_write_rate(
    synthesise: Synthesise, rate: int, shards: int, warm: int | None
) -> None:
    """Each shard stays far below what DynamoDB writes to one partition in a second, 1,000 units."""
    environment = synthesise("dev", change=f"data: {{write_rate: {rate}}}")
    assert rate / shards <= 250
    log = table_of(environment)
    throughput = {"WriteUnitsPerSecond": warm} if warm else None
    assert [log.get("WarmThroughput"), *(index.get("WarmThroughput") for index in log["GlobalSecondaryIndexes"])] == [
        throughput
    ] * 3
    functions = environment.resources("api", "AWS::Lambda::Function")
    shards_of = {
        name.split("Function")[0]: function["Properties"]["Environment"]["Variables"].get("REQUEST_LOG_SHARDS")
        for name, function in functions.items()
    }
    assert {name: value for name, value in shards_of.items() if value} == {
        "Classify": str(shards),
        "Labelling": str(shards),
        "Records": str(shards),
    }
