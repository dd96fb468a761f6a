"""The server itself: SecantusDB, which keeps a write that it has acknowledged only with --sync-on-commit."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("secantusd-py")
HOST = "127.0.0.1"
START_SECONDS = 30.0


class ServerError(Exception):
    """The server cannot be started; the message is one line."""


def free_port() -> int:
    """A port of this machine that is free at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def start(*, data: Path, port: int, program: Path = PROGRAM) -> subprocess.Popen[bytes]:
    """Start the server with the data under `data` and wait until it takes connections; raises ServerError."""
    if not program.is_file():
        raise ServerError(f"{program} is missing: secantusdb has wheels for Python 3.11 to 3.13 only")
    where = ("--host", HOST, "--port", str(port), "--storage-path", str(data))
    others = ("--sync-on-commit", "--log-level", "ERROR", "--cache-size", "256M")
    process = subprocess.Popen([program, *where, *others], cwd=data.parent)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"the server ended with status {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise ServerError(f"the server takes no connections after {START_SECONDS:.0f} seconds")
