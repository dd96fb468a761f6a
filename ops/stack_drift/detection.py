"""CloudFormation's own drift detection: start it, wait for it, read what it found.

DetectStackDrift takes up to several minutes, and a stack has to be in one of four states ("Detect drift on an entire
CloudFormation stack"). A resource of a type that it cannot look at is left out or NOT_CHECKED.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from ops.errors import OpsError
from ops.stack_drift.comparing import Difference

DETECTABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED")
POLL_SECONDS = 2.0
WAIT_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Detected:
    """What CloudFormation says of a resource. status: IN_SYNC, MODIFIED, DELETED, UNKNOWN, ..."""

    status: str
    differences: tuple[Difference, ...] = ()
    reason: str = ""


def start(client: Any, stack: str) -> str:
    """Start a detection; returns its id."""
    return str(client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"])


def finished(client: Any, stack: str, detection: str) -> dict[str, Detected]:
    """Wait for a detection, and read it: by logical id. Raises OpsError if it does not end."""
    waited = 0.0
    while True:
        answer = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if answer["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if waited >= WAIT_SECONDS:
            raise OpsError(f"CloudFormation has looked at {stack} for {WAIT_SECONDS // 60} minutes: try again later")
        time.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    # After DETECTION_FAILED the resources that could be read have their results all the same (API reference).
    found: dict[str, Detected] = {}
    token: dict[str, str] = {}
    while True:
        page = client.describe_stack_resource_drifts(StackName=stack, **token)
        for each in page["StackResourceDrifts"]:
            found[each["LogicalResourceId"]] = _detected(each)
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def _detected(drift: dict[str, Any]) -> Detected:
    listed = tuple(
        Difference(
            path=each["PropertyPath"].strip("/").replace("/", "."),
            expected="" if each["DifferenceType"] == "ADD" else _plain(each["ExpectedValue"]),
            actual="" if each["DifferenceType"] == "REMOVE" else _plain(each["ActualValue"]),
        )
        for each in drift.get("PropertyDifferences", [])
    )
    return Detected(
        status=drift["StackResourceDriftStatus"], differences=listed, reason=drift.get("DriftStatusReason", "")
    )


def _plain(value: str) -> str:
    """CloudFormation writes texts as JSON where they are within an object."""
    try:
        document = json.loads(value)
    except ValueError:
        return value
    return document if isinstance(document, str) else value
