"""How an execution that is followed looks: bars on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from ops.executions import Execution
from ops.follow import Ended, Entered, Event, JobKnown
from ops.training_log import Progress

PLAIN_STEP = 0.1  # a plain line for each tenth of a stage
# What the machines' states mean to an operator; states that only branch are not shown.
STATES = {
    "Prepare": "preparing the dataset",
    "Train": "training",
    "Gate": "judging the model",
    "Register": "registering the model",
    "Register for approval": "registering the model",
    "Promote": "rolling the model out",
    "Start": "updating the Serving stack",
    "Wait": "waiting for the endpoint",
    "Take it back": "taking the model back",
}


class View(Protocol):
    """Shows events as they come."""

    def show(self, event: Event) -> None:
        """Show one event."""


class PlainView:
    """A line for each state and each tenth of a training stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, float] = {}
        self._state = ""

    def show(self, event: Event) -> None:
        """Print the event if it is news."""
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
            if last is None or share - last >= PLAIN_STEP or (share >= 1 > last):
                self._shown[event.stage] = share
                self._print(f"  {event.stage} {share:4.0%}  {event.text}".rstrip())

    def _print(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class BarView:
    """A spinner for the present state and a bar for each training stage."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TimeElapsedColumn(),
            TextColumn("{task.fields[text]}"),
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
        """Move the bars."""
        if isinstance(event, Entered) and event.state in STATES:
            self._end_state()
            self._state = self._bars.add_task(STATES[event.state], total=None, text="")
        elif isinstance(event, JobKnown):
            self._bars.console.print(f"training job {event.job}", highlight=False)
        elif isinstance(event, Progress):
            if event.stage not in self._stages:
                self._stages[event.stage] = self._bars.add_task(f"  {event.stage}", total=event.total, text="")
            self._bars.update(
                self._stages[event.stage], completed=event.done, total=event.total, text=event.text.replace("_", " ")
            )
        elif isinstance(event, Ended):
            self._end_state()

    def _end_state(self) -> None:
        if self._state is not None:
            self._bars.update(self._state, total=1, completed=1)
            self._state = None


class JsonLinesView:
    """One JSON object a line on standard output: `event` is state, job, progress or end."""

    def show(self, event: Event) -> None:
        """Print the event."""
        print(json.dumps(as_json(event)), flush=True)


def as_json(event: Event) -> dict[str, object]:
    """The event as other programs get it."""
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


def watch(events: Iterable[Event], *, console: Console, plain: bool = False, json_lines: bool = False) -> Execution:
    """Show the events to the end; the execution as it ended. `console` is for people and writes to standard error."""
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
    raise RuntimeError("the execution's events ended before it did")
