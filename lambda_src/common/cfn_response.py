"""The answer of a direct custom resource: a PUT to the URL in CloudFormation's request.

A custom resource that never answers holds up its stack until its ServiceTimeout. So `always` answers in every case,
also shortly before Lambda would end the function. What code cannot catch (a crash, too little memory, an answer that
cannot be sent) is left to that timeout.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

# CloudFormation takes at most 4,096 bytes for the whole answer.
MAX_REASON_BYTES = 1500
_TIMEOUT_SECONDS = 5
_PAUSES_SECONDS = (0.5, 2.0)
# How long before its own end a function answers that it will not finish: enough for two tries.
RESERVE_SECONDS = 10.0
# With `insists`: the time between tries, and what the last one needs, which is `send` with all its own tries.
_AGAIN_SECONDS = 5.0
_LAST_SECONDS = 20.0


def physical_id(event: dict[str, Any], kind: str) -> str:
    """The resource's id, the same for a stack and logical id: an update never replaces it. kind: its first word.

    CloudFormation deletes the old resource where an update answers with another id, so no `kind` may ever change.
    """
    known = event.get("PhysicalResourceId")
    return str(known) if known else f"{kind}-{event['StackId'].split('/')[-1]}-{event['LogicalResourceId']}"


def shorten(reason: str) -> str:
    """`reason` as one line, cut to what CloudFormation takes."""
    encoded = " ".join(reason.split()).encode("utf-8", "replace")
    if len(encoded) <= MAX_REASON_BYTES:
        return encoded.decode()
    return encoded[: MAX_REASON_BYTES - 3].decode("utf-8", "ignore") + "..."


def send(
    event: dict[str, Any], *, status: str, reason: str = "", physical_id: str, data: Mapping[str, str] | None = None
) -> None:
    """PUTs the answer; `event` holds ResponseURL, StackId, RequestId and LogicalResourceId. data: the attributes.

    Raises OSError or HTTPException where three tries fail.
    """
    document = {
        "Status": status,
        "Reason": shorten(reason),
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    body = json.dumps(document).encode()
    # The signature of the presigned URL covers an empty content type.
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"content-type": "", "content-length": str(len(body))}
    )
    for pause in (*_PAUSES_SECONDS, None):
        try:
            urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
            return
        # A connection that breaks after the request was sent does not raise URLError.
        except (OSError, http.client.HTTPException):
            if pause is None:
                raise
            time.sleep(pause)


class _Answer:
    """The one answer to a request: the first that is sent counts."""

    def __init__(self, event: dict[str, Any], *, physical_id: str, data: Mapping[str, str] | None) -> None:
        self._event = event
        self._physical_id = physical_id
        self._data = data
        self._lock = threading.Lock()
        self._sent = False

    def give(self, status: str, *, reason: str = "") -> None:
        """Sends the answer, unless there is one already."""
        with self._lock:
            if self._sent:
                return
            send(self._event, status=status, reason=reason, physical_id=self._physical_id, data=self._data)
            self._sent = True

    def insist(self, status: str, *, reason: str = "", remaining_ms: Callable[[], int], logger: Any) -> None:
        """Tries to send the answer for as long as there is time; raises nothing."""
        while True:
            try:
                self.give(status, reason=reason)
                return
            except (OSError, http.client.HTTPException) as error:
                failed = type(error).__name__
            if remaining_ms() < (_AGAIN_SECONDS + _LAST_SECONDS) * 1000:
                logger.error("CloudFormation could not be reached and will wait for its timeout", error=failed)
                return
            time.sleep(_AGAIN_SECONDS)


def always(
    event: dict[str, Any],
    work: Callable[[], bool],
    *,
    physical_id: str,
    logger: Any,
    remaining_ms: Callable[[], int],
    insists: bool = False,
    data: Mapping[str, str] | None = None,
) -> None:
    """Runs `work` and answers SUCCESS, or FAILED with the exception's message; no answer if `work` returns False.

    False means that the answer is sent later, elsewhere. remaining_ms: the milliseconds until Lambda ends the function;
    with RESERVE_SECONDS left, the answer is FAILED, though `work` goes on. insists: for a function whose failed events
    Lambda keeps: the event holds the URL, so the function does not fail, and tries to answer for as long as it can.
    data: the resource's attributes, which `work` may still fill in.
    """
    answer = _Answer(event, physical_id=physical_id, data=data)
    give = partial(answer.insist, remaining_ms=remaining_ms, logger=logger) if insists else answer.give
    seconds = remaining_ms() / 1000

    def too_late() -> None:
        logger.error("custom resource is out of time")
        answer.give(
            "FAILED", reason=f"the function did not finish within {seconds:.0f} seconds; its log shows how far it got"
        )

    watch = threading.Timer(max(0.0, seconds - RESERVE_SECONDS), too_late)
    watch.daemon = True
    watch.start()
    try:
        answer_now = work()
    except Exception as error:
        logger.exception("custom resource failed")
        give("FAILED", reason=f"{type(error).__name__}: {error}")
        return
    finally:
        watch.cancel()
    if answer_now:
        give("SUCCESS")
