"""The stages of a long command: which are waiting, running, done or failed, and their progress."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class State(Enum):
    """The state of a stage."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Stage:
    """One row of the screen; total is None if only time can be shown; began and ended in seconds of the clock."""

    key: str
    title: str
    state: State = State.WAITING
    done: int = 0
    total: int | None = None
    detail: str = ""
    began: float | None = None
    ended: float | None = None

    def seconds(self, now: float) -> float:
        """How long it has run, or ran in total."""
        return 0.0 if self.began is None else (self.ended if self.ended is not None else now) - self.began


class View(Protocol):
    """Shows a board's stages."""

    def began(self, stage: Stage) -> None:
        """A stage has begun."""

    def progressed(self, stage: Stage) -> None:
        """A running stage has new progress or a new detail."""

    def ended(self, stage: Stage) -> None:
        """A stage is done or failed."""


class Board:
    """Keeps the stages in order and notifies the view of each change."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.started = clock()
        self.stages: dict[str, Stage] = {}
        self.view: View | None = None

    def add(self, key: str, title: str) -> Stage:
        """The stage with this key; a new one is waiting."""
        return self.stages.setdefault(key, Stage(key=key, title=title))

    def begin(self, key: str, title: str | None = None) -> None:
        """Start the stage, unless it is running or has ended."""
        stage = self.add(key, title or key)
        if stage.state is State.WAITING:
            stage.state, stage.began = State.RUNNING, self.clock()
            if self.view:
                self.view.began(stage)

    def progress(
        self, key: str, *, done: int | None = None, total: int | None = None, detail: str | None = None
    ) -> None:
        """Update a running stage; None leaves a value unchanged."""
        stage = self.stages[key]
        if stage.state is not State.RUNNING:
            return
        stage.done = stage.done if done is None else done
        stage.total = stage.total if total is None else total
        stage.detail = stage.detail if detail is None else detail
        if self.view:
            self.view.progressed(stage)

    def end(self, key: str, detail: str | None = None) -> None:
        """Mark the stage as done, unless it has ended."""
        self._close(key, State.DONE, detail)

    def fail(self, key: str, detail: str | None = None) -> None:
        """Mark the stage as failed, unless it has ended."""
        self._close(key, State.FAILED, detail)

    def fail_running(self) -> None:
        """Mark every running stage as failed: the command ends here."""
        for stage in list(self.stages.values()):
            if stage.state is State.RUNNING:
                self.fail(stage.key)

    def _close(self, key: str, state: State, detail: str | None) -> None:
        stage = self.stages[key]
        if stage.state in (State.DONE, State.FAILED):
            return
        now = self.clock()
        stage.began = now if stage.began is None else stage.began
        stage.state, stage.ended = state, now
        if detail is not None:
            stage.detail = detail
        if self.view:
            self.view.ended(stage)
