"""One line of JSON for each request on standard output, written by a thread: a slow reader delays no request."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

FLUSH_SECONDS = 0.05
MAX_LINES = 20_000  # kept while the reader is slow


@dataclass
class Entry:
    """A logged request, without its texts. ``wait_ms``: until its first run, of ``batch`` texts, began."""

    time: str
    method: str
    path: str
    status: int = 0
    ms: float = 0.0
    texts: int = 0
    tokens: int = 0
    batch: int = 0
    wait_ms: float = 0.0
    code: str = ""


class AccessLog:
    """Collects entries and writes them every 50 ms. For the event loop's thread."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lines: list[Entry] = []
        self._dropped = 0
        self._due = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="access-log")

    def add(self, entry: Entry) -> None:
        """Log ``entry``. When the reader is 20,000 lines behind, lines are dropped and counted."""
        if len(self._lines) >= MAX_LINES:
            self._dropped += 1
            return
        self._lines.append(entry)
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    def close(self) -> None:
        """Write the remaining lines."""
        self._writer.submit(_write, self._stream, self._lines, self._dropped)
        self._writer.shutdown(wait=True)

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        dropped, self._dropped = self._dropped, 0
        loop = asyncio.get_running_loop()
        written = loop.run_in_executor(self._writer, _write, self._stream, lines, dropped)
        written.add_done_callback(lambda _: self._written())

    def _written(self) -> None:
        self._due = bool(self._lines)
        if self._due:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)


def now() -> str:
    """The time of day in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _write(stream: TextIO, entries: Iterable[Entry], dropped: int) -> None:
    lines = [json.dumps({key: value for key, value in vars(entry).items() if value != ""}) for entry in entries]
    if dropped:
        lines.append(json.dumps({"time": now(), "dropped_lines": dropped}))
    if lines:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
