"""One line on the terminal that says which measurement runs and how far it is; plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time

BAR = 20


class Line:
    """Progress on standard error over ``total`` measurements."""

    def __init__(self, *, total: int) -> None:
        self._total, self._done, self._name, self._started = total, 0, "", time.monotonic()
        self._live = sys.stderr.isatty()

    def begin(self, name: str) -> None:
        """The next measurement starts (the one before, if any, has ended)."""
        self._done += 1
        self._name = name
        if self._live:
            self._draw("")
        else:
            print(f"[{self._done}/{self._total}] {name} ...", file=sys.stderr, flush=True)

    def show(self, words: str) -> None:
        """What the running measurement says; only a terminal shows it."""
        if self._live:
            self._draw(words)

    def end(self, result: str) -> None:
        """The running measurement has ended with ``result``, which stays on the screen."""
        text = f"[{self._done}/{self._total}] {self._name}: {result}"
        print(f"\r\x1b[K{text}" if self._live else text, file=sys.stderr, flush=True)

    def _draw(self, words: str) -> None:
        filled = BAR * (self._done - 1) // self._total
        text = (
            f"[{'#' * filled}{'.' * (BAR - filled)}] {self._done}/{self._total} "
            f"{time.monotonic() - self._started:4.0f} s  {self._name}  {words.removeprefix('progress: ')}"
        )
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)
