"""A training job's secondary status and its history."""

import re
from typing import Any

from local_aws.common.store import Record


def transition(record: Record, status: str, message: str, *, now: float) -> bool:
    """Move a job to a secondary status and end the previous one at `now`. Returns False if it is already there."""
    history = record.setdefault("SecondaryStatusTransitions", [])
    if history and history[-1]["Status"] == status:
        history[-1]["StatusMessage"] = message
        return False
    if history:
        history[-1].setdefault("EndTime", now)
    history.append({"Status": status, "StartTime": now, "StatusMessage": message})
    record["SecondaryStatus"] = status
    record["LastModifiedTime"] = now
    return True


def close(record: Record, *, now: float) -> None:
    """End the last secondary status."""
    history = record.get("SecondaryStatusTransitions")
    if history:
        history[-1].setdefault("EndTime", now)


class JobMetrics:
    """The last value of each of a job's metrics, found in its log by the regular expressions in MetricDefinitions."""

    def __init__(self, definitions: list[dict[str, Any]]) -> None:
        self._patterns = [(item["Name"], re.compile(item["Regex"])) for item in definitions]
        self._last: dict[str, Record] = {}

    def read(self, line: str, *, now: float) -> list[tuple[str, float]]:
        """Return a line's metrics and their values."""
        updates = []
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                value = _number(match)
                if value is not None:
                    self._last[name] = {"MetricName": name, "Value": value, "Timestamp": now}
                    updates.append((name, value))
        return updates

    def members(self) -> Record:
        """Return FinalMetricDataList in the order of the definitions; empty if nothing was found."""
        metrics = [self._last[name] for name, _ in self._patterns if name in self._last]
        return {"FinalMetricDataList": metrics} if metrics else {}


def _number(match: re.Match[str]) -> float | None:
    text = match.group(1) if match.re.groups else match.group(0)
    try:
        return float(text)
    except (TypeError, ValueError):
        # SageMaker ignores a match that is not a number.
        return None
