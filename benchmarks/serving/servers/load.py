"""One measurement of one running server: load from another process, while the server is monitored."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.serving.servers import peers, processes
from tools.containers import Container
from tools.containers.process import ROOT

LIMIT_SECONDS = 60.0


def measure(
    peer: peers.Peer,
    container: Container,
    texts: Sequence[str],
    *,
    clients: int,
    seconds: float,
    warm_up: float,
    rate: float = 0.0,
    texts_a_request: int = 1,
) -> dict[str, Any]:
    """The figures of ``client``, with the server's ``peak_mb`` and ``cpu_seconds``; ``rate``: as there."""
    host, port = peers.address(container)
    size = texts_a_request
    plan = {
        "host": host,
        "port": port,
        "path": peer.path,
        "bodies": [peer.body(list(texts[at : at + size])) for at in range(0, len(texts) - size + 1, size)],
        "expect": peer.expect,
        "clients": clients,
        "seconds": seconds,
        "warm_up": warm_up,
        "rate": rate,
        "limit_seconds": LIMIT_SECONDS,
    }
    command = [sys.executable, "-m", "benchmarks.serving.servers.client"]
    with processes.Watch(container.process.pid) as watch:
        done = subprocess.run(command, cwd=ROOT, input=json.dumps(plan), text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"the load on {peer.title} exited with status {done.returncode}; its message is above")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**result, "peak_mb": watch.peak_mb, "cpu_seconds": watch.cpu_seconds, "texts_a_request": size}
