"""Faults of tables: somebody limits them, and there is more traffic than that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from contracts.deployment import stack_outputs
from contracts.logs import request_log
from tests.e2e.cloud import Cloud

OUTPUTS = (
    stack_outputs.REQUEST_LOG_TABLE_NAME,
    stack_outputs.EXAMPLES_TABLE_NAME,
    stack_outputs.LEDGER_TABLE_NAME,
    stack_outputs.ANSWERS_TABLE_NAME,
    stack_outputs.API_KEYS_TABLE_NAME,
    stack_outputs.USAGE_TABLE_NAME,
    stack_outputs.ERASED_TABLE_NAME,
)
NO_LIMIT = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
MOST_CALLS = 200


class Tables:
    """The deployed tables."""

    def __init__(self, cloud: Cloud) -> None:
        self._dynamodb: Any = boto3.client(
            "dynamodb",
            endpoint_url=cloud.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=cloud.access_key,
            aws_secret_access_key="unchecked",
            config=Config(retries={"total_max_attempts": 1}),
        )
        outputs = cloud.outputs("Data")
        self.names = [outputs[output] for output in OUTPUTS]
        self.request_log = outputs[stack_outputs.REQUEST_LOG_TABLE_NAME]
        self.usage = outputs[stack_outputs.USAGE_TABLE_NAME]

    @contextmanager
    def limited(self, *names: str) -> Iterator[None]:
        """One read and one write unit a second."""
        for name in names:
            self._limit(name, {"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1})
        try:
            yield
        finally:
            for name in names:
                self._limit(name, NO_LIMIT)

    @contextmanager
    def limited_indexes(self) -> Iterator[None]:
        """One write unit a second for each of the request log's indexes."""
        self._limit_indexes(1)
        try:
            yield
        finally:
            self._limit_indexes(-1)

    def read_and_write_too_much(self, name: str) -> None:
        """As a script does: reads and deletes an item that is not there, until DynamoDB refuses."""
        table = self._dynamodb.describe_table(TableName=name)["Table"]
        kinds = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        values = {"S": "game day", "N": "0"}
        key = {
            each["AttributeName"]: {kinds[each["AttributeName"]]: values[kinds[each["AttributeName"]]]}
            for each in table["KeySchema"]
        }
        until_throttled(lambda: self._dynamodb.get_item(TableName=name, Key=key))
        until_throttled(lambda: self._dynamodb.delete_item(TableName=name, Key=key))

    def _limit(self, name: str, maximum: dict[str, int]) -> None:
        self._dynamodb.update_table(TableName=name, OnDemandThroughput=maximum)

    def _limit_indexes(self, units: int) -> None:
        for index in request_log.PARTITIONS:
            change = {"IndexName": index, "OnDemandThroughput": {"MaxWriteRequestUnits": units}}
            self._dynamodb.update_table(TableName=self.request_log, GlobalSecondaryIndexUpdates=[{"Update": change}])


def until_throttled(call: Callable[[], Any]) -> None:
    """Calls until DynamoDB refuses."""
    for _ in range(MOST_CALLS):
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] == "ThrottlingException":
                return
            raise
    raise AssertionError(f"{MOST_CALLS} calls were not throttled")
