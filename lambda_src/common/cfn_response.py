"""The answer of a direct custom resource: a PUT to the URL that CloudFormation gave.

A custom resource that never answers holds its stack for an hour, so `always` answers whatever happens.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

# CloudFormation takes at most 4,096 bytes for the whole answer.
MAX_REASON_BYTES = 1500
_TIMEOUT_SECONDS = 10


def shorten(reason: str) -> str:
    """`reason` cut to what CloudFormation takes."""
    encoded = reason.encode("utf-8", "replace")
    if len(encoded) <= MAX_REASON_BYTES:
        return encoded.decode()
    return encoded[: MAX_REASON_BYTES - 3].decode("utf-8", "ignore") + "..."


def send(event: dict[str, Any], *, status: str, reason: str = "", physical_id: str) -> None:
    """PUTs the answer; `event` holds ResponseURL, StackId, RequestId and LogicalResourceId. Raises URLError."""
    document = {
        "Status": status,
        "Reason": shorten(reason),
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {},
    }
    body = json.dumps(document).encode()
    # The signature of the presigned URL covers an empty content type.
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"content-type": "", "content-length": str(len(body))}
    )
    for attempt in (1, 2, 3):
        try:
            urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
            return
        except urllib.error.URLError:
            if attempt == 3:
                raise


def always(event: dict[str, Any], work: Callable[[], bool], *, physical_id: str, logger: Any) -> None:
    """Runs `work` and answers SUCCESS, or FAILED with its exception's sentence; no answer when it returns False.

    False means that somebody else answers later.
    """
    try:
        answer_now = work()
    except Exception as error:
        logger.exception("custom resource failed")
        send(event, status="FAILED", reason=f"{type(error).__name__}: {error}", physical_id=physical_id)
        return
    if answer_now:
        send(event, status="SUCCESS", physical_id=physical_id)
