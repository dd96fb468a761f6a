"""Traffic as the request log of the last days has it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from contracts.deployment import stack_outputs
from contracts.logs import request_log
from ops.cost.amounts import Amounts
from ops.cost.traffic import Traffic
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError

WHOLE_DAYS = 7  # before today, which is not over


def traffic(cloud: Cloud, *, today: dt.date) -> Traffic:
    """The quietest, the mean and the busiest of the last whole days. Raises OpsError if there was no request.

    It reads index entries only, some 200 bytes for each text (`dynamodb:Query` on the table's index by day).
    """
    client, table = cloud.client("dynamodb"), cloud.stacks.need(stack_outputs.REQUEST_LOG_TABLE_NAME)
    shards = _shards(client, table)
    days = [today - dt.timedelta(days=number) for number in range(1, WHOLE_DAYS + 1)]
    counted = [_day(client, table, day, shards=shards) for day in days]
    requests, texts = [each[0] for each in counted], [each[1] for each in counted]
    if not any(requests):
        raise OpsError(
            f"The request log has no request of the last {WHOLE_DAYS} days: set cost.requests_per_day instead",
            status=NOT_FOUND,
        )
    return Traffic(
        requests=Amounts(min(requests), sum(requests) / len(requests), max(requests)),
        texts_per_request=sum(texts) / sum(requests),
        origin=f"the request log's traffic of {days[-1]} to {days[0]}",
    )


def _shards(client: Any, table: str) -> int:
    answer = client.query(
        TableName=table,
        KeyConditionExpression="request_id = :id",
        ExpressionAttributeValues={":id": {"S": request_log.SHARDS_ID}},
    )
    return max((int(item["position"]["N"]) for item in answer["Items"]), default=1)


def _day(client: Any, table: str, day: dt.date, *, shards: int) -> tuple[int, int]:
    """Requests and texts of a day: a request has one text in position 0."""
    requests = texts = 0
    for shard in range(shards):
        query: dict[str, Any] = {
            "TableName": table,
            "IndexName": request_log.BY_DAY,
            "KeyConditionExpression": f"{request_log.DAY_SHARD} = :partition",
            "FilterExpression": "#position = :first",
            "ExpressionAttributeNames": {"#position": request_log.SORT},
            "ExpressionAttributeValues": {
                ":partition": {"S": request_log.partition(day.isoformat(), shard)},
                ":first": {"N": "0"},
            },
            "Select": "COUNT",
        }
        for page in client.get_paginator("query").paginate(**query):
            requests += page["Count"]
            texts += page["ScannedCount"]
    return requests, texts
