"""Checks that call AWS, side by side: none may take long, and none may end in a traceback."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import code_of, from_aws
from ops.preflight.finding import Area, Finding

# A call of preflight waits less than one of the other commands, because preflight makes many.
QUICK = Config(connect_timeout=4, read_timeout=10, retries={"mode": "standard", "max_attempts": 2})
# Reading thirty pages runs into Service Quotas' throttling.
PATIENT = Config(connect_timeout=4, read_timeout=10, retries={"mode": "standard", "max_attempts": 6})
SECONDS = 45.0  # thousands of quotas come in pages of a hundred
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorizedException"}


@dataclass(frozen=True, kw_only=True)
class Check:
    """A look at the account. subject: what stays unknown when it fails; permission: the IAM action of its calls."""

    area: Area
    subject: str
    permission: str
    look: Callable[[], list[Finding]]


def run(checks: Sequence[Check], *, seconds: float = SECONDS) -> list[Finding]:
    """The findings of all checks, in the checks' order; one that fails or takes longer is an unknown finding."""
    answers: queue.Queue[tuple[int, list[Finding]]] = queue.Queue()
    for number, check in enumerate(checks):
        # Daemons: a call that hangs must not keep the command from ending.
        threading.Thread(target=_answer, args=(answers, number, check), daemon=True).start()
    found: dict[int, list[Finding]] = {}
    deadline = time.monotonic() + seconds
    while len(found) < len(checks):
        try:
            number, findings = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[number] = findings
    return [
        finding
        for number, check in enumerate(checks)
        for finding in (found[number] if number in found else [_too_slow(check, seconds)])
    ]


def _answer(answers: queue.Queue[tuple[int, list[Finding]]], number: int, check: Check) -> None:
    try:
        findings = check.look()
    except (ClientError, BotoCoreError) as error:
        findings = [_failed(check, error)]
    answers.put((number, findings))


def _failed(check: Check, error: ClientError | BotoCoreError) -> Finding:
    if isinstance(error, ClientError) and code_of(error) in DENIED:
        what = f"{check.subject}: these credentials may not query it"
        todo = f"allow {check.permission}, or check it yourself"
    else:
        what, todo = f"{check.subject}: {from_aws(error)}", "try again, or check it yourself"
    return Finding(area=check.area, verdict="unknown", what=what, todo=todo)


def _too_slow(check: Check, seconds: float) -> Finding:
    return Finding(
        area=check.area,
        verdict="unknown",
        what=f"{check.subject}: no answer within {seconds:.0f} s",
        todo="try again, or check it yourself",
    )
