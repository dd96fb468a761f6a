"""Runs the real commands, `cdk` and `rubric`, as an operator does, and ends them with the run."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.acceptance import redact
from tools.acceptance.errors import StepError

_LOOK_SECONDS = 0.5
_LAST_LINES = 12


class Commands:
    """Their output goes to `log`; `check` is called about twice a second and may raise to end them."""

    def __init__(self, *, root: Path, environment: Mapping[str, str], log: Path, check: Callable[[], None]) -> None:
        self.root = root
        self.log = log
        self.check = check
        self._environment = dict(environment)

    def run(self, *command: str, cwd: Path | None = None, allowed: tuple[int, ...] = (0,)) -> str:
        """A command's standard output. Raises StepError for a status not in `allowed`, and the errors of `check`."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(redact.text(f"\n$ {' '.join(command)}\n"))
        process = subprocess.Popen(
            command,
            cwd=cwd or self.root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches it through us alone
        )
        out, everything = self._follow(process)
        if process.returncode not in allowed:
            last = "\n".join(everything[-_LAST_LINES:])
            raise StepError(f"`{_shown(command)}` ended with {process.returncode}:\n{last}")
        return "".join(out)

    def _follow(self, process: subprocess.Popen[str]) -> tuple[list[str], list[str]]:
        lines: queue.Queue[tuple[bool, str | None]] = queue.Queue()
        for is_out, stream in ((True, process.stdout), (False, process.stderr)):
            threading.Thread(target=_read, args=(stream, is_out, lines), daemon=True).start()
        out: list[str] = []
        everything: list[str] = []
        open_streams = 2
        try:
            with self.log.open("a", encoding="utf-8") as file:
                while open_streams:
                    self.check()
                    try:
                        is_out, line = lines.get(timeout=_LOOK_SECONDS)
                    except queue.Empty:
                        continue
                    if line is None:
                        open_streams -= 1
                        continue
                    file.write(redact.text(line))  # redacted, to attach it to a report as well
                    file.flush()
                    everything.append(line.rstrip("\n"))
                    if is_out:
                        out.append(line)
            process.wait()
        finally:
            _end(process)
        return out, everything


def _read(stream: object, is_out: bool, lines: queue.Queue[tuple[bool, str | None]]) -> None:
    for line in stream:  # type: ignore[attr-defined]
        lines.put((is_out, line))
    lines.put((is_out, None))


def _end(process: subprocess.Popen[str]) -> None:
    """End it and its child processes; operations started in AWS continue there."""
    for kind, seconds in ((signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, kind)
            process.wait(timeout=seconds)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _shown(command: tuple[str, ...]) -> str:
    return " ".join([Path(command[0]).name, *command[1:]])
