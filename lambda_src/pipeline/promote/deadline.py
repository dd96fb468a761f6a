"""How long a step may change things.

When an execution is stopped, its function goes on, and could change the approved model during another's turn. So each
step stops changing anything after STEP_SECONDS, and no turn is taken over before its last call has ended.
"""

from __future__ import annotations

from collections.abc import Callable

STEP_SECONDS = 60.0
# The longest call: three tries of connecting and reading, and the waits between them (common/aws.py).
_CALL_SECONDS = 45.0
# After this, every call of a step has ended.
OVER_SECONDS = STEP_SECONDS + _CALL_SECONDS + 15.0


class OutOfTime(Exception):  # noqa: N818 (the state machine shows this name)
    """The step has taken so long that another may have its turn by now."""


class StepDeadline:
    """now: seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.begin()

    def begin(self) -> None:
        """The time counts from now: earlier calls have changed nothing."""
        self._until = self._now() + STEP_SECONDS

    def check(self) -> None:
        """To be called before each change. Raises OutOfTime."""
        if self._now() > self._until:
            raise OutOfTime(f"this step took longer than {STEP_SECONDS:.0f} s: it makes no more changes")
