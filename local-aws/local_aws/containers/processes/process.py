"""One process of a container: its own session, its lines to a log, its whole group ended with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO

from local_aws.containers.processes import contained
from local_aws.containers.processes.leftovers import MARKER, kill_leftovers
from local_aws.containers.processes.lines import Lines

_LONGEST_LINE = 32_768
_READERS_GRACE_SECONDS = 1.0


class ContainerProcess:
    """Runs `command` in `cwd` with exactly `environment`, and ends with the process that made it.

    Each non-empty line of standard output and error goes to `log`; `ended_at` is when it ended (monotonic clock).
    `folder` is the container's work folder, by which `kill_leftovers` finds the process. Raises OSError if no process
    can be started.
    """

    def __init__(
        self,
        *,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        folder: Path,
        log: Lines,
    ) -> None:
        self._log = log
        self._folder = folder.resolve()
        self._signal_lock = threading.Lock()
        self._reaped = False
        self._ended = threading.Event()
        self._exit_code: int | None = None
        self.ended_at = float("inf")
        self.last_line = ""
        self.last_error_line = ""
        started: Future[subprocess.Popen[str]] = Future()
        # The kernel's "end with the parent" means the parent's thread: one thread starts the process and waits for it.
        threading.Thread(
            target=self._live, args=(list(command), cwd, dict(environment), started), daemon=True, name="container"
        ).start()
        self.pid: int = started.result().pid

    @property
    def exit_code(self) -> int | None:
        """As a container's: 0 to 255, 128 + n when signal n ended it; None while it runs."""
        return self._exit_code

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code once the process has ended and its lines are in the log, None after `timeout` seconds."""
        self._ended.wait(timeout)
        return self._exit_code

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the process and all it started; nothing if they have ended."""
        with self._signal_lock:
            if not self._reaped:  # until then no other process can have its number
                try:
                    os.killpg(self.pid, number)
                except (ProcessLookupError, PermissionError):  # nothing is left but what waits to be reaped
                    return

    def stop(self, *, grace: float) -> int | None:
        """SIGTERM, SIGKILL after `grace` seconds; returns the exit code."""
        self.send(signal.SIGTERM)
        if self.wait(grace) is None:
            self.send(signal.SIGKILL)
        return self.wait()

    def _live(
        self, command: list[str], cwd: Path, environment: dict[str, str], started: "Future[subprocess.Popen[str]]"
    ) -> None:
        try:
            popen = subprocess.Popen(
                [sys.executable, "-I", "-S", contained.__file__, str(os.getpid()), *command],
                cwd=cwd,
                env=environment | {MARKER: str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except Exception as error:  # noqa: BLE001  it belongs to the thread that waits for it
            started.set_exception(error)
            return
        self.pid = popen.pid
        readers = [
            threading.Thread(target=self._read, args=(stream, is_error), daemon=True, name="container-log")
            for stream, is_error in ((popen.stdout, False), (popen.stderr, True))
        ]
        for reader in readers:
            reader.start()
        started.set_result(popen)
        os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
        self.ended_at = time.monotonic()
        self.send(signal.SIGKILL)  # what it started ends with it, as in a container
        with self._signal_lock:
            code = popen.wait()
            self._reaped = True
        self._finish_reading(readers)
        self._exit_code = code if code >= 0 else 128 - code
        self._ended.set()

    def _finish_reading(self, readers: list[threading.Thread]) -> None:
        for reader in readers:
            reader.join(_READERS_GRACE_SECONDS)
        if any(reader.is_alive() for reader in readers):  # something left the session and holds the pipes
            kill_leftovers(self._folder)
            for reader in readers:
                reader.join(_READERS_GRACE_SECONDS)

    def _read(self, stream: IO[str], is_error: bool) -> None:
        with stream:
            while line := stream.readline(_LONGEST_LINE):
                if text := line.rstrip():
                    self.last_line = text
                    if is_error:
                        self.last_error_line = text
                    self._log(text)
