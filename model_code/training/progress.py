"""Progress lines on standard output, from which the demo and ``rubric train --follow`` draw progress bars."""

from __future__ import annotations

import time

from contracts.models import progress

_enabled = True


def report(stage: str, done: int, total: int, **details: object) -> None:
    """Print a line of ``contracts.models.progress`` at once; nothing after ``disable``."""
    if not _enabled:
        return
    print(progress.write(stage, done, total, **details), flush=True)


def disable() -> None:
    """Print no more progress from this process: only one of a job's processes reports."""
    global _enabled  # noqa: PLW0603 - a process has one standard output
    _enabled = False


class Throttle:
    """Lets one event through per ``interval`` seconds, to keep the log short."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._next = 0.0

    def ready(self) -> bool:
        """Whether the interval has passed since this last returned True."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._interval
        return True
