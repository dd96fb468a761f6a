"""The events of the custom resource and the reasons of its failures. No I/O."""

from __future__ import annotations

import json
from typing import Any

_MAX_DEPTH = 5
_NAME = "first-model-"


def execution_input(event: dict[str, Any]) -> dict[str, Any]:
    """The FirstModel state machine's input; it passes `respond` back to this function."""
    return {"respond": {"RequestId": event["RequestId"]}, "input": {}}


def execution_name(event: dict[str, Any]) -> str:
    """The same for the same request: Lambda may deliver it twice."""
    return f"{_NAME}{event['RequestId']}"


def missing_answer(event: dict[str, Any]) -> dict[str, Any]:
    """The answer for an execution that ended without one, from Step Functions' event of its end."""
    detail = event["detail"]
    name, status = str(detail["name"]), str(detail["status"])
    cause = str(detail.get("cause") or detail.get("error") or "")
    reason = f"the execution {name} ended without an answer: {status}" + (f", {readable(cause)}" if cause else "")
    return {"respond": {"RequestId": name.removeprefix(_NAME)}, "status": status, "reason": reason}


def readable(reason: str) -> str:
    """The innermost message of a failure: nested executions wrap their cause in JSON repeatedly."""
    text = reason
    for _ in range(_MAX_DEPTH):
        try:
            inner = _inner(json.loads(text))
        # The request must be answered even if the reason is JSON that is nested too deeply.
        except (ValueError, RecursionError):
            break
        if inner is None:
            break
        text = inner
    return text


def _inner(document: Any) -> str | None:
    """The reason in a failure's JSON, or None."""
    if isinstance(document, str):
        return document
    cause = next((document[key] for key in _CAUSES if document.get(key)), None) if isinstance(document, dict) else None
    return cause if cause is None or isinstance(cause, str) else json.dumps(cause)


# A nested execution's Cause, a Lambda's errorMessage, a training job's FailureReason.
_CAUSES = ("Cause", "cause", "errorMessage", "FailureReason", "reason", "Error")
