"""How progress is shown: bars on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column

from contracts.deployment.pipeline import StateName
from contracts.models.progress import Progress
from ops.deployment.executions import Ended, Entered, Event, Execution, JobKnown
from ops.terminal import screen

COUNT_SECONDS = 5.0
PLAIN_STEP = 0.1  # a plain line for each tenth of a stage
COUNTED = ("validate",)  # stages whose every step has figures, so each is shown
FIT, AFTER_FIT = ("train", "validate"), ("export", "evaluate", "package")
# The state machines' states in the operator's terms; states that only branch are not shown.
STATES = {
    StateName.PREPARE: "preparing the dataset",
    StateName.TRAIN: "training",
    StateName.GATE: "judging the model",
    StateName.REGISTER: "registering the model",
    StateName.REGISTER_FOR_APPROVAL: "registering the model",
    StateName.PROMOTE: "rolling the model out",
    StateName.START: "updating the Serving stack",
    StateName.WAIT: "waiting for the endpoint",
    StateName.TAKE_BACK: "taking the model back",
    StateName.WAIT_FOR_THE_WAY_BACK: "waiting for the previous model",
}


WIDEST_STATE = max(map(len, STATES.values()))
NARROW_BAR, BAR = 8, 24
OTHER_COLUMNS = 13  # the spinner, the time and the spaces between


class View(Protocol):
    """Shows events as they arrive."""

    def show(self, event: Event) -> None:
        """Show an event."""


class PlainView:
    """Prints a line for each state and each tenth of a training stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, float] = {}
        self._state = ""

    def show(self, event: Event) -> None:
        """Print the event if it is new."""
        if isinstance(event, Entered):
            text = STATES.get(event.state, "")
            if text and text != self._state:
                self._state = text
                self._print(text)
        elif isinstance(event, JobKnown):
            self._print(f"training job {event.job}")
        elif isinstance(event, Progress):
            share = event.done / event.total if event.total else 1.0
            last = self._shown.get(event.stage)
            counted = event.stage in COUNTED and share != last
            if last is None or share - last >= PLAIN_STEP or (share >= 1 > last) or counted:
                self._shown[event.stage] = share
                how_far = f"{event.done}/{event.total}" if counted else f"{share:4.0%}"
                self._print(f"  {event.stage} {how_far}  {event.text}".rstrip())

    def _print(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class BarView:
    """Shows a spinner for the current state and a bar for each training stage."""

    def __init__(self, console: Console) -> None:
        fixed = Column(no_wrap=True)
        bar = BAR if console.width >= screen.WIDE else NARROW_BAR
        # Rich shrinks all columns for one long text, so the text is cut to its own width instead.
        self._room = console.width - WIDEST_STATE - bar - OTHER_COLUMNS
        self._bars = Bars(
            SpinnerColumn(finished_text="✓", table_column=fixed),
            TextColumn("{task.description}", markup=False, table_column=fixed),
            BarColumn(bar_width=bar, table_column=fixed),
            TimeElapsedColumn(table_column=fixed),
            TextColumn("{task.fields[text]}", markup=False, table_column=fixed),
            console=console,
        )
        self._stages: dict[str, TaskID] = {}
        self._state: TaskID | None = None

    def __enter__(self) -> BarView:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, event: Event) -> None:
        """Update the bars."""
        if isinstance(event, Entered) and event.state in STATES:
            self._end_state()
            self._state = self._bars.add_task(STATES[event.state], total=None, text="")
        elif isinstance(event, JobKnown):
            self._bars.console.print(f"training job {event.job}", highlight=False, markup=False)
        elif isinstance(event, Progress) and event.stage != "start":
            self._move(event)
        elif isinstance(event, Ended):
            self._end_state()

    def _move(self, event: Progress) -> None:
        if event.stage not in self._stages:
            if event.stage in AFTER_FIT:
                self._end_fit()
            self._stages[event.stage] = self._bars.add_task(f"  {screen.clean(event.stage)}", total=None, text="")
        # A stage with a single step has no length to show until it is done.
        known = event.total > 1 or event.done >= event.total
        self._bars.update(
            self._stages[event.stage],
            completed=event.done,
            total=event.total if known else None,
            text=self._cut(readable(screen.clean(event.text))),
        )

    def _end_fit(self) -> None:
        """Complete the bars of a fit that stopped early."""
        for task in self._bars.tasks:
            if task.id in [self._stages.get(stage) for stage in FIT] and not task.finished:
                early = "stopped early  " if task.id == self._stages.get(FIT[0]) else ""
                text = f"{early}{task.fields['text']}".strip()
                self._bars.update(task.id, total=task.completed, text=self._cut(text))

    def _cut(self, text: str) -> str:
        return text if len(text) <= self._room else text[: self._room - 1].rstrip() + "…"

    def _end_state(self) -> None:
        if self._state is not None:
            self._bars.update(self._state, total=1, completed=1)
            self._state = None


class CountView:
    """Prints a line when a stage of unknown length begins, and every few seconds while it lasts."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""
        self._next = 0.0

    def show(self, stage: str, looked_at: int, found: int) -> None:
        """Print the stage's progress, unless it was printed a moment ago."""
        if stage != self._stage or time.monotonic() >= self._next:
            counts = f": {looked_at:,} looked at, {found:,} found" if looked_at else ""
            self._console.print(f"{stage}{counts}", highlight=False, markup=False)
            self._stage, self._next = stage, time.monotonic() + COUNT_SECONDS


def readable(text: str) -> str:
    """Turns `macro_f1=0.91 loss=0.3` into `macro F1 0.91  loss 0.3`."""
    pairs = [word.partition("=") for word in text.split()]
    named = [(name.replace("_", " ").replace("f1", "F1"), value.replace("_", " ")) for name, _, value in pairs]
    return "  ".join(f"{name} {value}".rstrip() for name, value in named)


class JsonLinesView:
    """Prints one JSON object per line on standard output: `event` is state, job, progress or end."""

    def show(self, event: Event) -> None:
        """Print the event."""
        screen.print_json_line(as_json(event))


def as_json(event: Event) -> dict[str, object]:
    """The event for JSON output."""
    if isinstance(event, Entered):
        return {"event": "state", "state": event.state}
    if isinstance(event, JobKnown):
        return {"event": "job", "job": event.job}
    if isinstance(event, Progress):
        return {
            "event": "progress",
            "stage": event.stage,
            "done": event.done,
            "total": event.total,
            "text": event.text,
        }
    ended = event.execution
    return {"event": "end", "status": ended.status, "error": ended.error, "cause": ended.cause, **ended.output}


@contextmanager
def stages(console: Console, *, plain: bool = False) -> Iterator[View]:
    """A view for progress only: bars on a terminal, plain lines elsewhere or on request."""
    if plain or not console.is_terminal:
        yield PlainView(console)
        return
    with BarView(console) as view:
        yield view


def watch(events: Iterable[Event], *, console: Console, plain: bool = False, json_lines: bool = False) -> Execution:
    """Show the events to the end. Returns the ended execution. `console` is for people, on standard error."""
    if json_lines:
        return _watch(events, JsonLinesView())
    if plain or not console.is_terminal:
        return _watch(events, PlainView(console))
    with BarView(console) as view:
        return _watch(events, view)


def _watch(events: Iterable[Event], view: View) -> Execution:
    for event in events:
        view.show(event)
        if isinstance(event, Ended):
            return event.execution
    raise RuntimeError("the events ended before the execution")
