"""The answer of a direct custom resource: a PUT to the URL that CloudFormation gave.

A custom resource that never answers holds its stack until its ServiceTimeout, so `always` answers whatever happens,
also shortly before Lambda would end the function. What no code can catch (a crash, too little memory, an answer that
cannot be sent) is left to that timeout.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

# CloudFormation takes at most 4,096 bytes for the whole answer.
MAX_REASON_BYTES = 1500
_TIMEOUT_SECONDS = 5
_PAUSES_SECONDS = (0.5, 2.0)
# How long before its own end a function answers that it will not be done: enough for two tries.
RESERVE_SECONDS = 10.0
# Between the tries of who insists, and what the last of them needs: `send` with all of its own.
_AGAIN_SECONDS = 5.0
_LAST_SECONDS = 20.0


def physical_id(event: dict[str, Any], kind: str) -> str:
    """The resource's id: one for each stack and logical id, so that an update never replaces it. kind: its first word.

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


def send(event: dict[str, Any], *, status: str, reason: str = "", physical_id: str) -> None:
    """PUTs the answer; `event` holds ResponseURL, StackId, RequestId and LogicalResourceId.

    Raises OSError or HTTPException where three tries fail.
    """
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
    for pause in (*_PAUSES_SECONDS, None):
        try:
            urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
            return
        # A connection that breaks after the request was sent is no URLError.
        except (OSError, http.client.HTTPException):
            if pause is None:
                raise
            time.sleep(pause)


class _Answer:
    """The one answer to a request, whoever comes first with it."""

    def __init__(self, event: dict[str, Any], *, physical_id: str) -> None:
        self._event = event
        self._physical_id = physical_id
        self._lock = threading.Lock()
        self._given = False

    def give(self, status: str, *, reason: str = "") -> None:
        """Sends the answer, unless there is one already."""
        with self._lock:
            if self._given:
                return
            send(self._event, status=status, reason=reason, physical_id=self._physical_id)
            self._given = True

    def insist(self, status: str, *, reason: str = "", remaining_ms: Callable[[], int], logger: Any) -> None:
        """Sends the answer, again and again while there is time; raises nothing."""
        while True:
            try:
                self.give(status, reason=reason)
                return
            except (OSError, http.client.HTTPException) as error:
                failed = type(error).__name__
            if remaining_ms() < (_AGAIN_SECONDS + _LAST_SECONDS) * 1000:
                logger.error("CloudFormation could not be answered, and waits for its timeout", error=failed)
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
) -> None:
    """Runs `work` and answers SUCCESS, or FAILED with its exception's sentence; no answer when it returns False.

    False means that somebody else answers later. remaining_ms: the milliseconds until Lambda ends the function; with
    RESERVE_SECONDS left, the answer is FAILED, though `work` goes on. insists: for a function whose failures Lambda
    keeps with their events: this one's has the URL, so it does not fail, and tries for as long as it can to answer.
    """
    answer = _Answer(event, physical_id=physical_id)
    give = partial(answer.insist, remaining_ms=remaining_ms, logger=logger) if insists else answer.give
    seconds = remaining_ms() / 1000

    def too_late() -> None:
        logger.error("custom resource is out of time")
        answer.give(
            "FAILED", reason=f"the function was not done after {seconds:.0f} seconds; its log says how far it came"
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
