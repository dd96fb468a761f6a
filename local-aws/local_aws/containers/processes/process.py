"""One container process with its own session: its output goes to a log, and its whole group ends with it."""

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
from local_aws.containers.processes.isolation import SHARED
from local_aws.containers.processes.leftovers import MARKER, kill_leftovers
from local_aws.containers.processes.lines import Lines

_LONGEST_LINE = 32_768
_READERS_GRACE_SECONDS = 1.0


class ContainerProcess:
    """Run `command` in `cwd` with exactly `environment`; ends when the server process ends.

    Each non-empty line of standard output and standard error goes to `log`; `ended_at` is the end time (monotonic
    clock). `folder` is the container's work folder, by which `kill_leftovers` finds the process. `network` is as
    `local_aws.containers.processes.isolation` has it. Raises OSError if the process cannot start.
    """

    def __init__(
        self,
        *,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        folder: Path,
        log: Lines,
        network: str = SHARED,
    ) -> None:
        self._log = log
        self._network = network
        self._folder = folder.resolve()
        self._signal_lock = threading.Lock()
        self._reaped = False
        self._ended = threading.Event()
        self._exit_code: int | None = None
        self.ended_at = float("inf")
        self.last_line = ""
        self.last_error_line = ""
        started: Future[subprocess.Popen[str]] = Future()
        # The kernel's "end with the parent" refers to the parent thread, so one thread starts the process and waits for
        # it.
        threading.Thread(
            target=self._live, args=(list(command), cwd, dict(environment), started), daemon=True, name="container"
        ).start()
        self.pid: int = started.result().pid

    @property
    def exit_code(self) -> int | None:
        """The exit code as a container reports it: 0 to 255, 128 + n if signal n ended it; None while it runs."""
        return self._exit_code

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code once the process has ended and its lines are logged, None after `timeout` seconds."""
        self._ended.wait(timeout)
        return self._exit_code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and everything it started; does nothing if they have ended."""
        with self._signal_lock:
            if not self._reaped:  # no other process can get its number before it is reaped
                try:
                    os.killpg(self.pid, number)
                except (ProcessLookupError, PermissionError):  # only processes waiting to be reaped are left
                    return

    def stop(self, *, grace: float) -> int | None:
        """Send SIGTERM, then SIGKILL after `grace` seconds; returns the exit code."""
        self.send(signal.SIGTERM)
        if self.wait(grace) is None:
            self.send(signal.SIGKILL)
        return self.wait()

    def _live(
        self, command: list[str], cwd: Path, environment: dict[str, str], started: "Future[subprocess.Popen[str]]"
    ) -> None:
        try:
            popen = subprocess.Popen(
                [sys.executable, "-I", "-S", contained.__file__, str(os.getpid()), self._network, *command],
                cwd=cwd,
                env=environment | {MARKER: str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except Exception as error:  # noqa: BLE001  the waiting thread raises it
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
        self.send(signal.SIGKILL)  # end everything it started, as in a container
        with self._signal_lock:
            code = popen.wait()
            self._reaped = True
        try:
            self._finish_reading(readers)
        except TimeoutError as error:
            self._log(str(error))
        finally:  # or whoever waits would wait forever
            self._exit_code = code if code >= 0 else 128 - code
            self._ended.set()

    def _finish_reading(self, readers: list[threading.Thread]) -> None:
        for reader in readers:
            reader.join(_READERS_GRACE_SECONDS)
        if any(reader.is_alive() for reader in readers):  # a process left the session and still holds the pipes
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
