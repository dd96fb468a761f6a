"""Traffic from the request log: whole days, requests and their texts, over all shards and pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from contracts.deployment import stack_outputs
from contracts.logs import request_log
from ops.cost import from_log
from ops.cost.amounts import Amounts
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from ops.errors import OpsError
from tests.unit.ops.conftest import ROOT, SESSION

TODAY = dt.date(2026, 11, 30)
TABLE = "request-log"


@pytest.fixture
def cloud(aws: None, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setattr("ops.deployment.cloud.boto3.Session", lambda **_: SESSION)
    found = Cloud("dev", root=ROOT)
    outputs = {stack_outputs.REQUEST_LOG_TABLE_NAME: TABLE}
    monkeypatch.setattr(
        Cloud, "stacks", Stacks(env="dev", by_part={"Data": Stack("Rubric-dev-Data", "CREATE_COMPLETE", "", outputs)})
    )
    make_request_log(found.client("dynamodb"))
    return found


def make_request_log(client: Any) -> None:
    keys = {request_log.PARTITION: "S", request_log.SORT: "N", request_log.DAY_SHARD: "S", request_log.PLACE: "S"}
    of_index = [{"AttributeName": request_log.DAY_SHARD, "KeyType": "HASH"}]
    of_index.append({"AttributeName": request_log.PLACE, "KeyType": "RANGE"})
    client.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": request_log.PARTITION, "KeyType": "HASH"},
            {"AttributeName": request_log.SORT, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": type_} for name, type_ in keys.items()],
        GlobalSecondaryIndexes=[
            {
                "IndexName": request_log.BY_DAY,
                "KeySchema": of_index,
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(request_log.INCLUDED)},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def log(cloud: Cloud, day: str, number: int, *, texts: int, shards: int) -> None:
    for position in range(texts):
        request_id, time = f"{day}-{number}", f"{day}T10:00:00.000Z"
        attributes = request_log.index_attributes(
            request_id=request_id, position=position, time=time, key_id="k", shards=shards
        )
        item = {"request_id": {"S": request_id}, "position": {"N": str(position)}}
        item |= {name: {"S": str(value)} for name, value in attributes.items()}
        cloud.client("dynamodb").put_item(TableName=TABLE, Item=item)


def test_whole_days_are_counted_over_all_shards(cloud: Cloud) -> None:
    cloud.client("dynamodb").put_item(
        TableName=TABLE, Item={"request_id": {"S": request_log.SHARDS_ID}, "position": {"N": "4"}}
    )
    for number in range(5):
        log(cloud, "2026-11-29", number, texts=3, shards=4)
    for number in range(2):
        log(cloud, "2026-11-23", number, texts=1, shards=4)
    log(cloud, "2026-11-30", 0, texts=9, shards=4)  # today is not over
    log(cloud, "2026-11-22", 0, texts=9, shards=4)  # too long ago
    found = from_log.traffic(cloud, today=TODAY)
    assert found.requests == Amounts(0, 1.0, 5)
    assert found.texts_per_request == pytest.approx(17 / 7)
    assert found.origin == "the request log's traffic of 2026-11-23 to 2026-11-29"


def test_an_empty_log_is_no_traffic_of_nothing(cloud: Cloud) -> None:
    with pytest.raises(OpsError, match=r"has no request of the last 7 days: set cost\.requests_per_day instead"):
        from_log.traffic(cloud, today=TODAY)
