"""Shows what a setup is doing: a few lines redrawn in place on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from tools.terminal import clean

PLAIN_EVERY_SECONDS = 15.0


@dataclass
class Task:
    """One thing being set up. `doing` is what it is at now; `ended` is a monotonic time once it is done."""

    name: str
    doing: str = "starting"
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    failed: bool = False

    def seconds(self) -> float:
        """Seconds since it started, or that it took."""
        return (self.ended or time.monotonic()) - self.started

    def finish(self, *, failed: bool = False) -> None:
        """Mark it as ended now."""
        self.ended, self.failed = time.monotonic(), failed


def clock(seconds: float) -> str:
    """`m:ss`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Screen:
    """Draws tasks on `stream` (standard error); call refresh() now and then, close() at the end."""

    def __init__(self, tasks: list[Task], *, stream: TextIO | None = None) -> None:
        self.tasks = tasks
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
        self._drawn = 0
        self._announced: set[str] = set()
        self._last_plain = time.monotonic()

    def _line(self, task: Task) -> str:
        mark = "…" if task.ended is None else ("✗" if task.failed else "✓")
        doing = "ready" if task.ended is not None and not task.failed else task.doing
        return f"  {mark} {task.name:<28} {clock(task.seconds()):>5}  {clean(doing)}"

    def refresh(self) -> None:
        """Draw the present state."""
        if self.live:
            self._redraw()
        else:
            self._print_news()
        self.stream.flush()

    def _redraw(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        lines = [f"\x1b[2K{self._line(task)[:width]}\n" for task in self.tasks]
        self.stream.write(up + "".join(lines))
        self._drawn = len(lines)

    def _print_news(self) -> None:
        for task in self.tasks:
            if task.ended is not None and task.name not in self._announced:
                self._announced.add(task.name)
                self.stream.write(f"setup:{self._line(task)[1:]}\n")
        if time.monotonic() - self._last_plain >= PLAIN_EVERY_SECONDS:
            self._last_plain = time.monotonic()
            for task in self.tasks:
                if task.ended is None:
                    self.stream.write(f"setup:{self._line(task)[1:]}\n")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self.live and self._drawn:
            self.stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0
        self.stream.write(f"setup: {clean(text)}\n")
        self.stream.flush()
