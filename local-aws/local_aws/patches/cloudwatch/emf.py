"""Turn log events in CloudWatch's embedded metric format into metrics, regardless of who wrote them."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

from local_aws import private_api
from local_aws.patches.cloudwatch import metrics

logger = logging.getLogger("local_aws.emf")

_APPEND = private_api.declare(
    "ministack.services.cloudwatch_logs",
    "_append_log_events",
    "find metrics in log events",
    takes=("stream", "events"),
)


def install() -> None:
    """Look for metrics in each stored event."""
    append = _APPEND.get()

    def append_and_extract(stream: Any, events: Any) -> None:
        append(stream, events)
        for event in events:
            extract(event.get("message", ""))

    _APPEND.set(append_and_extract)


def extract(message: str) -> None:
    """Record every metric embedded in a log message; report a malformed one in the server's own log."""
    if '"_aws"' not in message or "CloudWatchMetrics" not in message:
        return
    try:
        for namespace, name, value, unit, dimensions, timestamp in datapoints(json.loads(message)):
            metrics.record(namespace, name, value, unit, dimensions, timestamp=timestamp)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        logger.warning("Not an embedded metric (%s): %.200s", error, message)


def datapoints(document: dict[str, Any]) -> Iterator[tuple[str, str, float, str, dict[str, str], float]]:
    """Yield (namespace, name, value, unit, dimensions, epoch seconds) for each value and set of dimensions."""
    timestamp = float(document["_aws"].get("Timestamp", time.time() * 1000)) / 1000
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                content = document.get(metric["Name"])
                for value in content if isinstance(content, list) else [content]:
                    if value is not None:
                        unit = metric.get("Unit", "None")
                        yield directive["Namespace"], metric["Name"], float(value), unit, dimensions, timestamp
