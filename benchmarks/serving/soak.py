"""Whether the lean server stays as it is: minutes at a share of saturation, with its errors, times and memory.

    .venv-model/bin/python -m benchmarks.serving.soak [--minutes 10] [--data news/train.tsv] [--built FOLDER]

Saturation is the throughput of 64 clients that each ask again when they are answered. Then requests come at random at
a share of that (an open loop), one in twenty with 16 texts. The exit status is 0 when every answer was right, none was
put off, and memory was flat; the last line is one JSON object. Leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.serving.servers import model, peers, processes
from tools.containers import Container, start_lean
from tools.containers.process import ROOT

CLIENTS = 64
SATURATION_SECONDS, WARM_UP_SECONDS = 30.0, 10.0
SAMPLE_SECONDS = 5.0
KEPT_UP = 0.97  # of the requests due; with less the machine had less to give than when saturation was found
LIST_LENGTH, LIST_EVERY = 16, 20
# After the first fifth, in which pools and caches fill, memory may grow by this much and still count as flat.
GROWTH_MB, GROWTH_SHARE = 8.0, 0.03


def bodies(texts: Sequence[str]) -> list[str]:
    """Requests to send, over and over: single texts, and now and then a list."""
    lists = [list(texts[at : at + LIST_LENGTH]) for at in range(0, len(texts) - LIST_LENGTH, LIST_LENGTH * LIST_EVERY)]
    asked = [json.dumps({"inputs": text}) for text in texts] + [json.dumps({"inputs": each}) for each in lists]
    random.Random(7).shuffle(asked)
    return asked


def ask(container: Container, asked: Sequence[str], *, seconds: float, rate: float = 0.0) -> dict[str, Any]:
    """What ``benchmarks.serving.servers.client`` tells of ``seconds`` of load; without ``rate`` a closed loop."""
    host, port = peers.address(container)
    plan = {
        "host": host, "port": port, "path": "/invocations", "bodies": list(asked), "expect": '"predicted_label"',
        "clients": CLIENTS, "seconds": seconds, "warm_up": WARM_UP_SECONDS, "rate": rate, "limit_seconds": 60.0,
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.serving.servers.client"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(plan), text=True, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


class Memory:
    """Samples a server's resident memory in megabytes until told to stop, and says how it goes once a minute."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.samples: list[float] = []

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        began = time.monotonic()
        while True:
            self.samples.append(processes.megabytes(self._container.process.pid))
            if len(self.samples) % int(60 / SAMPLE_SECONDS) == 0:
                print(f"  {(time.monotonic() - began) / 60:4.1f} min: {self.samples[-1]:.1f} MB", flush=True)
            if self._stop.wait(SAMPLE_SECONDS):
                return


def growth(samples: Sequence[float]) -> tuple[float, float]:
    """Medians of memory in the second and in the last fifth of the time."""
    fifth = max(1, len(samples) // 5)
    return statistics.median(samples[fifth : 2 * fifth] or samples), statistics.median(samples[-fifth:])


def soak(container: Container, texts: Sequence[str], *, minutes: float, share: float) -> dict[str, Any]:
    """Find saturation, load the server for ``minutes`` at ``share`` of it; the figures."""
    asked = bodies(texts)
    most = ask(container, asked, seconds=SATURATION_SECONDS)["requests_per_s"]
    print(f"saturation: {most:.0f} requests/s; {minutes:g} minutes at {share:.0%} of it", flush=True)
    seconds = minutes * 60 - WARM_UP_SECONDS
    with Memory(container) as memory:
        told = ask(container, asked, seconds=seconds, rate=share * most)
    early, late = growth(memory.samples)
    times = sorted(told["milliseconds"])
    errors = sum(count for status, count in told["statuses"].items() if status != "200")
    kept_up = told["requests_per_s"] * seconds >= KEPT_UP * told["due"]
    is_flat = late - early <= max(GROWTH_MB, GROWTH_SHARE * early)
    return {
        "minutes": minutes,
        "saturation_requests_per_s": round(most, 1),
        "requests": sum(told["statuses"].values()),
        "errors": errors,
        "statuses": told["statuses"],
        "p50_ms": times[len(times) // 2] if times else None,
        "p99_ms": times[len(times) * 99 // 100] if times else None,
        "memory_early_mb": round(early, 1),
        "memory_late_mb": round(late, 1),
        "memory_peak_mb": round(max(memory.samples), 1),
        "flat": is_flat,
        "kept_up": kept_up,
        "passed": bool(times) and not errors and is_flat and kept_up and container.process.poll() is None,
    }


def main(arguments: Sequence[str]) -> int:
    """Soak; 0 when it passed, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--share", type=float, default=0.8, help="of saturation")
    parser.add_argument("--data", type=Path, help="labelled texts; without, generated headlines")
    parser.add_argument(
        "--built", type=Path, help="a folder that benchmarks.serving.servers.model has made; without, a new one"
    )
    chosen = parser.parse_args(arguments)
    if chosen.minutes * 60 <= 2 * WARM_UP_SECONDS:
        parser.error("--minutes: give it at least half a minute")
    with tempfile.TemporaryDirectory(prefix="rubric-soak-") as folder:
        built = chosen.built or Path(folder) / "built"
        if not model.complete(built):
            given = ["--data", str(chosen.data.resolve())] if chosen.data else []
            subprocess.run(
                [sys.executable, "-m", "benchmarks.serving.servers.model", str(built), *given], cwd=ROOT, check=True
            )
        with start_lean(built / model.ARTIFACT) as container:
            container.wait_ready()
            told = soak(container, model.read_texts(built), minutes=chosen.minutes, share=chosen.share)
    print(json.dumps(told))
    return 0 if told["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
