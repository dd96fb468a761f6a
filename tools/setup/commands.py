"""Runs pip, npm and venv, telling what they are doing and, when they fail, what they last said."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.setup.errors import SetupError

KEPT_LINES = 200
SHOWN_LINES = 3
SHOWN_CHARACTERS = 200

# What a tool's output reveals -> the sentence that helps; the first match wins.
REASONS = [
    (r"No space left on device|ENOSPC", "the disk is full: free some space"),
    (
        r"DO NOT MATCH THE HASHES|EINTEGRITY",
        "a downloaded package is not the one that is pinned: clear the cache of pip or npm",
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|Max retries exceeded|Failed to establish a new"
        r"|Network is unreachable|timed out|ConnectionError|ProxyError|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN",
        "the package registry cannot be reached: check the network and, behind a proxy, HTTPS_PROXY",
    ),
    (
        r"\(from versions: none\)",
        "the package registry cannot be reached, or has no build for this machine: check the network and, behind a "
        "proxy, HTTPS_PROXY",
    ),
    (r"No matching distribution found for (\S+)", r"no build of \1 fits this machine and this Python"),
    (r"Permission denied|EACCES", "a file cannot be written: check who owns this folder"),
]

ACTIVITIES = [
    (r"^Collecting (\S+)", r"finding \1"),
    (r"^\s*Downloading (\S+?)(?:\.metadata)? \(([^)]*)\)", r"downloading \1 (\2)"),
    (r"^\s*Using cached (\S+)", r"cached \1"),
    (r"^Processing (\S+)", r"reading \1"),
    (r"^\s*Building wheel for (\S+)", r"building \1"),
    (r"^WARNING: Retrying", "waiting for the package registry"),
]


def activity(line: str) -> str | None:
    """What a line of pip's output says is happening, in a few words; None for a line that says nothing new."""
    if line.startswith("Installing collected packages:"):
        return f"unpacking {line.count(',') + 1} packages"
    for pattern, words in ACTIVITIES:
        found = re.match(pattern, line)
        if found:
            text = found.expand(words)
            return re.sub(r"(\S*/)+([^/\s]+)", r"\2", text)
    return None


def reason(lines: Sequence[str]) -> str:
    """The likely cause of a failure, from the output's lines."""
    text = "\n".join(lines)
    for pattern, sentence in REASONS:
        found = re.search(pattern, text)
        if found:
            return found.expand(sentence)
    return "its last lines say why"


def useful(lines: Sequence[str]) -> list[str]:
    """The last few lines worth showing: those marked as errors, or else simply the last."""
    errors = [line for line in lines if re.match(r"\s*(ERROR|error|npm error|npm ERR!)", line)]
    return [line.strip()[:SHOWN_CHARACTERS] for line in (errors or [line for line in lines if line.strip()])][
        -SHOWN_LINES:
    ]


class Runner:
    """Starts the tools of one setup, and can end them all."""

    def __init__(self, *, root: Path, lock_handle: int | None = None) -> None:
        self.root = root
        self._kept_open = () if lock_handle is None else (lock_handle,)
        self._running: set[subprocess.Popen[str]] = set()
        self._guard = threading.Lock()
        self._stopped = False

    def run(
        self,
        command: Sequence[str | Path],
        *,
        what: str,
        on_activity: Callable[[str], None] = lambda _: None,
        env: dict[str, str] | None = None,
    ) -> None:
        """Run `command` in the repository root to its end; SetupError, beginning with `what`, when it fails."""
        with self._guard:
            if self._stopped:
                raise SetupError("interrupted")
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.root,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                pass_fds=self._kept_open,
            )
            self._running.add(process)
        lines: deque[str] = deque(maxlen=KEPT_LINES)
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                lines.append(line.rstrip("\n"))
                doing = activity(line)
                if doing:
                    on_activity(doing)
        status = process.wait()
        with self._guard:
            self._running.discard(process)
        if status:
            raise SetupError(f"{what} failed: {reason(lines)}", detail=useful(list(lines)))

    def stop(self) -> None:
        """End whatever is running; further runs are refused."""
        with self._guard:
            self._stopped = True
            running = list(self._running)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
