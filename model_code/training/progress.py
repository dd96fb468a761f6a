"""Progress lines on standard output, which the demo and ``rubric train --follow`` draw bars from."""

from __future__ import annotations

import time

from contracts import progress

_reports = True


def report(stage: str, done: int, total: int, **details: object) -> None:
    """Print a line of ``contracts.progress`` at once; nothing after ``be_quiet``."""
    if not _reports:
        return
    print(progress.write(stage, done, total, **details), flush=True)


def be_quiet() -> None:
    """Print no more progress from this process: of a job's several processes, one reports."""
    global _reports  # noqa: PLW0603 - a process has one standard output
    _reports = False


class Throttle:
    """Lets one event through per ``interval`` seconds, so that a log is not flooded."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._next = 0.0

    def ready(self) -> bool:
        """Whether the interval has passed since the last time this answered True."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._interval
        return True
