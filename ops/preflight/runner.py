"""Runs checks that call AWS in parallel: none may take long or end in a traceback."""

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

# Calls of preflight have shorter time limits than other commands', because there are many.
QUICK = Config(connect_timeout=4, read_timeout=10, retries={"mode": "standard", "max_attempts": 2})
# Service Quotas throttles a caller that reads thirty pages.
PATIENT = Config(connect_timeout=4, read_timeout=10, retries={"mode": "standard", "max_attempts": 6})
SECONDS = 45.0  # thousands of quotas, a hundred per page
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorizedException"}


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check of the account. subject: what is unknown if it fails; permission: the IAM action of its calls."""

    area: Area
    subject: str
    permission: str
    look: Callable[[], list[Finding]]


def run(checks: Sequence[Check], *, seconds: float = SECONDS) -> list[Finding]:
    """The findings of all checks, in order. A check that fails or takes too long gives an `unknown` finding."""
    answers: queue.Queue[tuple[int, list[Finding]]] = queue.Queue()
    for number, check in enumerate(checks):
        # Daemon threads: a hanging call must not keep the command from ending.
        threading.Thread(target=_answer, args=(answers, number, check), daemon=True).start()
    done: dict[int, list[Finding]] = {}
    deadline = time.monotonic() + seconds
    while len(done) < len(checks):
        try:
            number, findings = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        done[number] = findings
    return [
        finding
        for number, check in enumerate(checks)
        for finding in (done[number] if number in done else [_too_slow(check, seconds)])
    ]


def _answer(answers: queue.Queue[tuple[int, list[Finding]]], number: int, check: Check) -> None:
    try:
        findings = check.look()
    except (ClientError, BotoCoreError) as error:
        findings = [_failed(check, error)]
    answers.put((number, findings))


def _failed(check: Check, error: ClientError | BotoCoreError) -> Finding:
    if isinstance(error, ClientError) and code_of(error) in DENIED:
        what = f"{check.subject}: these credentials have no permission to check it"
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
