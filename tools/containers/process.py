"""A server process and its children: started until it answers, and stopped completely."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
ANSWER_SECONDS = 60.0
TAIL_LINES = 25


class ContainerError(Exception):
    """A container that did not start; the message ends with the last lines of its log."""


@dataclass
class Container:
    """A running container. As a context manager it is stopped at the end.

    url: "http://127.0.0.1:PORT". log: the process's output; more_logs: further files it may write.
    ready_body: JSON that /invocations must answer before the container counts as ready, where /ping says too little.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    more_logs: tuple[Path, ...] = ()
    ready_body: bytes | None = None
    temporary: tuple[TemporaryDirectory[str], ...] = field(default=(), repr=False)

    def wait_ready(self, seconds: float = 240.0) -> None:
        """Return when the container answers; ContainerError when its process ends or `seconds` pass first."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ContainerError(f"{self.log}: the container ended ({self.process.returncode}):\n{self.tail()}")
            if self._answers("/ping", None) and (not self.ready_body or self._answers("/invocations", self.ready_body)):
                return
            time.sleep(POLL_SECONDS)
        raise ContainerError(f"{self.log}: the container was not ready in {seconds:.0f} s:\n{self.tail()}")

    def _answers(self, path: str, body: bytes | None) -> bool:
        request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def tail(self) -> str:
        """The last lines of each log."""
        parts = []
        for log in (self.log, *self.more_logs):
            lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:] if log.is_file() else []
            parts += [f"  {log.name}: {line}" for line in lines]
        return "\n".join(parts)

    def processes(self) -> list[int]:
        """The ids of the live processes in the container, the one that was started first."""
        listing = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
        rows = [line.split() for line in listing.stdout.splitlines()]
        alive = [int(row[0]) for row in rows if int(row[1]) == self.process.pid and not row[2].startswith("Z")]
        return sorted(alive, key=lambda each: (each != self.process.pid, each))

    def stop(self, seconds: float = 30.0) -> int:
        """End it as SageMaker does, SIGTERM first and SIGKILL after `seconds`, with all that it started; its status."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait(timeout=10)
        end = time.monotonic() + 10
        while self.processes() and time.monotonic() < end:  # a killed process takes a moment to end
            time.sleep(0.05)
        return status

    def __enter__(self) -> Container:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def own_environment(**settings: str) -> dict[str, str]:
    """This process's environment without variables that would give a container other settings or packages.

    A container's Python finds its packages compiled, as in an image, where this process has a folder for that.
    """
    leaking = ("SM_", "SAGEMAKER_", "RUBRIC_", "MMS_", "HF_", "PYTHON", "VIRTUAL_ENV", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(leaking)} | settings
    if folder := os.environ.get("PYTHONPYCACHEPREFIX"):
        return {**kept, "PYTHONPYCACHEPREFIX": folder}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def start(
    command: Sequence[str | Path], *, environ: Mapping[str, str], work: Path, port: int, **more: Any
) -> Container:
    """Start `command` in `work` as the leader of its own process group, with its output in `work`/output.log."""
    log = work / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=work,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Container(f"http://127.0.0.1:{port}", process, log, **more)
