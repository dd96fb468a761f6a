"""Write events to MiniStack's CloudWatch Logs as the AWS services do: only to groups that exist."""

import time
from typing import Any

from local_aws import private_api

_GROUPS = private_api.declare(
    "ministack.services.cloudwatch_logs", "_log_groups", "deliver service logs to their group"
)
_APPEND = private_api.declare(
    "ministack.services.cloudwatch_logs",
    "_append_log_events",
    "deliver service logs to their group",
    takes=("stream", "events"),
)
_FAN_OUT = private_api.declare(
    "ministack.services.cloudwatch_logs",
    "_fanout_to_subscription_filters",
    "hand delivered service logs to the group's subscriptions",
    takes=("group_name", "stream_name", "events"),
)


def group_name(arn: str) -> str:
    """Return the log group in an ARN, with or without the trailing `:*`."""
    return arn.rpartition(":log-group:")[2].removesuffix(":*")


def deliver(group: str, stream: str, message: str) -> None:
    """Append `message` now; as on AWS, does nothing if the group does not exist."""
    record = _GROUPS.get().get(group)
    if record is None:
        return
    now = int(time.time() * 1000)
    target = record["streams"].setdefault(stream, _new_stream(now))
    _APPEND.get()(target, [{"timestamp": now, "message": message, "ingestionTime": now}])
    _FAN_OUT.get()(group, stream, [{"timestamp": now, "message": message}])


def _new_stream(now: int) -> dict[str, Any]:
    return {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": now,
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }
