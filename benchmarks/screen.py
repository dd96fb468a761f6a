"""A progress line on the terminal for the running measurement; plain lines elsewhere."""

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
        """Start the next measurement; the previous one must have ended."""
        self._done += 1
        self._name = name
        if self._live:
            self._draw("")
        else:
            print(f"[{self._done}/{self._total}] {name} ...", file=sys.stderr, flush=True)

    def show(self, message: str) -> None:
        """Show a message of the running measurement, only on a terminal."""
        if self._live:
            self._draw(message)

    def end(self, result: str) -> None:
        """End the running measurement with ``result``, which stays on the screen."""
        text = f"[{self._done}/{self._total}] {self._name}: {result}"
        print(f"\r\x1b[K{text}" if self._live else text, file=sys.stderr, flush=True)

    def _draw(self, message: str) -> None:
        filled = BAR * (self._done - 1) // self._total
        text = (
            f"[{'#' * filled}{'.' * (BAR - filled)}] {self._done}/{self._total} "
            f"{time.monotonic() - self._started:4.0f} s  {self._name}  {message.removeprefix('progress: ')}"
        )
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)
