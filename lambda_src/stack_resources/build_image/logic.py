"""The events of the custom resource, a build's variables, and why a build failed. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TAG, REQUEST = "IMAGE_TAG", "REQUEST_ID"
_LOG_CHARACTERS = 900


def build_variables(event: dict[str, Any]) -> dict[str, str]:
    """Environment variables of the build: the tag to push, and the id of the pending request."""
    return {TAG: event["ResourceProperties"]["Tag"], REQUEST: event["RequestId"]}


def build_id(event: dict[str, Any]) -> str:
    """`project:uuid` from the ARN in CodeBuild's event."""
    return str(event["detail"]["build-id"]).rsplit("/", maxsplit=1)[-1]


def variables_of(build: dict[str, Any]) -> dict[str, str]:
    """The build's environment variables by name."""
    return {entry["name"]: entry["value"] for entry in build["environment"]["environmentVariables"]}


def record_of_event(event: dict[str, Any]) -> dict[str, Any]:
    """The build's record as far as CodeBuild's event has it (CodeBuild user guide, "sample-build-notifications-ref");
    without an environment if the event has none.
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
    """Why a build failed: its status, the phase's message, and the end of its log, as one line."""
    messages = [
        f"{phase['phaseType']}: {context['message']}"
        for phase in build.get("phases", [])
        for context in phase.get("contexts") or []
        if context.get("message")
    ]
    # The end of the log says most, and CloudFormation accepts only a short reason.
    tail = " | ".join(log)[-_LOG_CHARACTERS:]
    parts = [f"the image was not built: {build['id']} {build['buildStatus']}", *messages[:1]]
    return "; ".join([*parts, f"the log ends with: {tail}"] if tail else parts)
