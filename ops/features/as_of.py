"""Asks the function `features` what was known at the time of each row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from contracts.deployment import stack_outputs
from contracts.features import asked, computed
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError
from ops.features.labels import Labels, Wanted

# The function answers within its timeout, of at most Lambda's 15 minutes.
PATIENT = Config(connect_timeout=5, read_timeout=910, tcp_keepalive=True, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Known:
    """What was known of each row, and the names of all features of their entities, as `caller.texts_30d`."""

    values: list[dict[str, Any]]
    names: list[str]


def known(
    cloud: Cloud, wanted: Sequence[Wanted], *, by_event_time: bool, show: Callable[[int], None] = lambda _: None
) -> Known:
    """What was known at the time of each row. Raises OpsError in a sentence. show: gets how many rows are read.

    by_event_time: also what was written after the time, of something that had happened before it.
    """
    function = cloud.stacks.get(stack_outputs.FEATURES_FUNCTION_NAME)
    if not function:
        raise OpsError(f"{cloud.env} has no feature store: set features.store and deploy", status=NOT_FOUND)
    client = cloud.client("lambda", config=PATIENT)
    values: list[dict[str, Any]] = [{} for _ in wanted]
    names: dict[str, list[str]] = {}
    # An entity's rows together: its history is read once for all of them.
    numbers = sorted(
        (number for number, row in enumerate(wanted) if row.id), key=lambda number: (wanted[number].id, number)
    )
    for start in range(0, len(numbers), asked.MOST_ROWS):
        part = numbers[start : start + asked.MOST_ROWS]
        rows = [(wanted[number].entity, wanted[number].id, wanted[number].time) for number in part]
        answer = _asked(client, function, rows, as_known=not by_event_time)
        names |= answer["names"]
        for number, found in zip(part, answer["values"], strict=True):
            values[number] = computed.logged(wanted[number].entity, found)
        show(start + len(part))
    return Known(values, [f"{entity}.{name}" for entity in sorted(names) for name in names[entity]])


def as_csv(labels: Labels, found: Known) -> bytes:
    """The table with a column for each feature; empty where nothing was known. OpsError if it has such a column."""
    if both := [name for name in found.names if name in labels.columns]:
        raise OpsError(f"the table has a column {both[0]!r} already: rename it, or leave it out")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*labels.columns, *found.names])
    for fields, values in zip(labels.rows, found.values, strict=True):
        writer.writerow([*fields, *(_written(values.get(name)) for name in found.names)])
    return out.getvalue().encode("utf-8", "surrogatepass")


def _written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _asked(client: Any, function: str, rows: list[tuple[str, str, str]], *, as_known: bool) -> dict[str, Any]:
    payload = json.dumps({"action": asked.AS_OF, "rows": rows, "as_known": as_known}).encode()
    answer = client.invoke(FunctionName=function, Payload=payload)
    document = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise OpsError(f"The features could not be read: {document.get('errorMessage', 'its log has the reason')}")
    return dict(document)
