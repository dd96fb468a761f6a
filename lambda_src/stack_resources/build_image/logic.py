"""The events of the custom resource, what a build carries of them, and why a build failed. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TAG, REQUEST = "IMAGE_TAG", "REQUEST_ID"
_LOG_CHARACTERS = 900


def build_variables(event: dict[str, Any]) -> dict[str, str]:
    """Environment variables of the build: the tag to push, and which request waits for its end."""
    return {TAG: event["ResourceProperties"]["Tag"], REQUEST: event["RequestId"]}


def build_id(event: dict[str, Any]) -> str:
    """`project:uuid` of CodeBuild's event, which has it in an ARN."""
    return str(event["detail"]["build-id"]).rsplit("/", maxsplit=1)[-1]


def variables_of(build: dict[str, Any]) -> dict[str, str]:
    """The build's environment variables by name."""
    return {entry["name"]: entry["value"] for entry in build["environment"]["environmentVariables"]}


def told(event: dict[str, Any]) -> dict[str, Any]:
    """The build's record as far as CodeBuild's event has it (CodeBuild user guide, "sample-build-notifications-ref"):
    without an environment where the event has none.
    """
    more = event["detail"].get("additional-information") or {}
    log, environment = more.get("logs") or {}, more.get("environment") or {}
    record = {
        "id": build_id(event),
        "buildStatus": str(event["detail"]["build-status"]),
        "logs": {"groupName": log.get("group-name"), "streamName": log.get("stream-name")},
    }
    if "environment-variables" in environment:
        record["environment"] = {"environmentVariables": environment["environment-variables"]}
    return record


def failure(build: dict[str, Any], *, log: Sequence[str]) -> str:
    """Why a build failed: its status, the phase's own words, and the end of its log, as one line."""
    said = [
        f"{phase['phaseType']}: {context['message']}"
        for phase in build.get("phases", [])
        for context in phase.get("contexts") or []
        if context.get("message")
    ]
    # The end of what was logged says most, and CloudFormation takes little.
    tail = " | ".join(log)[-_LOG_CHARACTERS:]
    parts = [f"the image was not built: {build['id']} {build['buildStatus']}", *said[:1]]
    return "; ".join([*parts, f"the log ends with: {tail}"] if tail else parts)
