"""The stages of a long command: what is waiting, running, done or failed, and how far each one is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class State(Enum):
    """Where a stage is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Stage:
    """One row of the screen; total is None where only time can be shown; began and ended in seconds of the clock."""

    key: str
    title: str
    state: State = State.WAITING
    done: int = 0
    total: int | None = None
    detail: str = ""
    began: float | None = None
    ended: float | None = None

    def seconds(self, now: float) -> float:
        """How long it ran, so far or in all."""
        return 0.0 if self.began is None else (self.ended if self.ended is not None else now) - self.began


class View(Protocol):
    """What shows a board's stages to a person."""

    def began(self, stage: Stage) -> None:
        """A stage has begun."""

    def progressed(self, stage: Stage) -> None:
        """A running stage is further on, or has something else to say."""

    def ended(self, stage: Stage) -> None:
        """A stage is done or has failed."""


class Board:
    """Keeps the stages in order and tells the view of each change."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.started = clock()
        self.stages: dict[str, Stage] = {}
        self.view: View | None = None

    def add(self, key: str, title: str) -> Stage:
        """The stage with this key, made as a waiting one where it is new."""
        return self.stages.setdefault(key, Stage(key=key, title=title))

    def begin(self, key: str, title: str | None = None) -> None:
        """The stage runs from now on; nothing where it runs or has ended already."""
        stage = self.add(key, title or key)
        if stage.state is State.WAITING:
            stage.state, stage.began = State.RUNNING, self.clock()
            if self.view:
                self.view.began(stage)

    def progress(
        self, key: str, *, done: int | None = None, total: int | None = None, detail: str | None = None
    ) -> None:
        """News of a running stage; what is not given stays."""
        stage = self.stages[key]
        if stage.state is not State.RUNNING:
            return
        stage.done = stage.done if done is None else done
        stage.total = stage.total if total is None else total
        stage.detail = stage.detail if detail is None else detail
        if self.view:
            self.view.progressed(stage)

    def end(self, key: str, detail: str | None = None) -> None:
        """The stage is done; nothing where it has ended already."""
        self._close(key, State.DONE, detail)

    def fail(self, key: str, detail: str | None = None) -> None:
        """The stage failed; nothing where it has ended already."""
        self._close(key, State.FAILED, detail)

    def fail_running(self) -> None:
        """Every stage that runs has failed: the command ends here."""
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
