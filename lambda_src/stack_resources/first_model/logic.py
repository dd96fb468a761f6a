"""The events of the custom resource and the reasons of its failures. No I/O."""

from __future__ import annotations

import json
from typing import Any

_MAX_DEPTH = 5
_NAME = "first-model-"


def execution_input(event: dict[str, Any]) -> dict[str, Any]:
    """The FirstModel state machine's input; it hands `respond` back to this function."""
    return {"respond": {"RequestId": event["RequestId"]}, "input": {}}


def execution_name(event: dict[str, Any]) -> str:
    """The same for the same request: Lambda may deliver it twice."""
    return f"{_NAME}{event['RequestId']}"


def lost(event: dict[str, Any]) -> dict[str, Any]:
    """What an execution that ended without an answer would have said, from Step Functions' event of its end."""
    detail = event["detail"]
    name, status = str(detail["name"]), str(detail["status"])
    said = str(detail.get("cause") or detail.get("error") or "")
    reason = f"the execution {name} ended without an answer: {status}" + (f", {readable(said)}" if said else "")
    return {"respond": {"RequestId": name.removeprefix(_NAME)}, "status": status, "reason": reason}


def readable(reason: str) -> str:
    """The innermost sentence of a failure: nested executions wrap their cause in JSON, again and again."""
    text = reason
    for _ in range(_MAX_DEPTH):
        try:
            inner = _inner(json.loads(text))
        # Whoever waits is told, also where the reason is JSON too deep to be read.
        except (ValueError, RecursionError):
            break
        if inner is None:
            break
        text = inner
    return text


def _inner(document: Any) -> str | None:
    """The reason in a failure's JSON, None where there is none."""
    if isinstance(document, str):
        return document
    found = next((document[key] for key in _CAUSES if document.get(key)), None) if isinstance(document, dict) else None
    return found if found is None or isinstance(found, str) else json.dumps(found)


# A nested execution's Cause, a Lambda's errorMessage, a training job's FailureReason.
_CAUSES = ("Cause", "cause", "errorMessage", "FailureReason", "reason", "Error")
