"""Sees each minute whether a sleeping model has woken, and how long that took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.serving import wakes
from lambda_src.common import dynamodb, served_config
from lambda_src.common.aws import error_code

_ABSENT = "ValidationException"


@dataclass(frozen=True)
class Look:
    """What was seen. copies: that the model has; None if there is no model yet. woke_after, waking: seconds; None for
    one that did not wake just now, and for one that nobody waits for.
    """

    copies: int | None = None
    woke_after: float | None = None
    waking: float | None = None


class Wakes:
    """The item of the wakes in `table`, the request log's, and the component whose wakes they are.

    autoscaling: a client where a schedule may forbid the model to wake, else None.
    """

    def __init__(self, dynamodb_client: Any, sagemaker: Any, autoscaling: Any, *, table: str, component: str) -> None:
        self._dynamodb = dynamodb_client
        self._sagemaker = sagemaker
        self._autoscaling = autoscaling
        self._table = table
        self._component = component

    def look(self, *, now: float) -> Look:
        """Ends the wake that has brought a copy. now: seconds since 1970."""
        try:
            copies = served_config.describe_component(self._sagemaker, component=self._component).copies or 0
        except ClientError as error:
            if error_code(error) != _ABSENT:
                raise
            return Look()
        item = self._item()
        began = item.get(wakes.ASLEEP_AT)
        if began is None:
            return Look(copies)
        waited = max(0.0, now - float(began))
        if copies:
            self._end(began, item.get(wakes.WAKES, []), waited=waited)
            return Look(copies, woke_after=waited if waited <= wakes.LONGEST_SECONDS else None)
        return Look(copies, waking=None if self._closed() else waited)

    def _item(self) -> dict[str, Any]:
        key = dynamodb.item({"request_id": wakes.ITEM_ID, "position": wakes.POSITION})
        return dynamodb.plain(
            self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        )

    def _end(self, began: float, last: list[float], *, waited: float) -> None:
        """Keeps how long the wake took, unless it is too long to be one; another call may have ended it."""
        measured = wakes.with_another(last, waited) if waited <= wakes.LONGEST_SECONDS else last
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=dynamodb.item({"request_id": wakes.ITEM_ID, "position": wakes.POSITION}),
                UpdateExpression="SET #wakes = :wakes REMOVE #at",
                ConditionExpression="#at = :began",
                ExpressionAttributeNames={"#at": wakes.ASLEEP_AT, "#wakes": wakes.WAKES},
                ExpressionAttributeValues=dynamodb.item({":wakes": measured, ":began": began}),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def _closed(self) -> bool:
        """Whether the schedule lets no request wake the model now."""
        if self._autoscaling is None:
            return False
        answer = self._autoscaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[f"inference-component/{self._component}"]
        )
        return any(target["MaxCapacity"] == 0 for target in answer["ScalableTargets"])
