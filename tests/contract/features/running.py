"""Starts the server and what stands before it, and kills it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-mongodb/bin/python"


class Running:
    """The server with its data in a folder. `mongodb`, `documentdb`: its URIs; `pid`: of the server."""

    def __init__(self, data: Path) -> None:
        if not PYTHON.with_name("secantusd-py").is_file():
            pytest.skip("secantusdb is not in .venv-mongodb: it has wheels for Python 3.11 to 3.13 only")
        command = [str(PYTHON), "-m", "local_aws.documentdb", "--data", str(data)]
        self._process = subprocess.Popen(
            command,
            cwd=data.parent,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "local-aws")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.pid: int = ports["pid"]
        self.mongodb = f"mongodb://127.0.0.1:{ports['mongodb']}/"
        self.documentdb = f"mongodb://127.0.0.1:{ports['documentdb']}/?replicaSet=rs0"

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def kill(self) -> None:
        """End the server as a loss of power does to a process."""
        os.kill(self.pid, signal.SIGKILL)
