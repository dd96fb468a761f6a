"""The lean server under sustained load: minutes at a share of saturation, with its errors, times and memory.

    .venv-model/bin/python -m benchmarks.serving.soak [--minutes 10] [--data news/train.tsv] [--built FOLDER]

Saturation is the throughput of 64 clients that each send the next request when they have the answer. Then requests
arrive at random at a share of that rate (an open loop), one in twenty with 16 texts. The exit status is 0 when every
answer was right, the server kept up, and memory was flat; the last line is one JSON object. Do not use the machine for
anything else meanwhile.
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
KEPT_UP = 0.97  # of the requests due; below this, the machine was slower than when saturation was measured
LIST_LENGTH, LIST_EVERY = 16, 20
# After the first fifth, in which pools and caches fill, memory may grow by this much and still count as flat.
GROWTH_MB, GROWTH_SHARE = 8.0, 0.03


def bodies(texts: Sequence[str]) -> list[str]:
    """Requests to send repeatedly: single texts, and some lists."""
    lists = [list(texts[at : at + LIST_LENGTH]) for at in range(0, len(texts) - LIST_LENGTH, LIST_LENGTH * LIST_EVERY)]
    asked = [json.dumps({"inputs": text}) for text in texts] + [json.dumps({"inputs": each}) for each in lists]
    random.Random(7).shuffle(asked)
    return asked


def ask(container: Container, asked: Sequence[str], *, seconds: float, rate: float = 0.0) -> dict[str, Any]:
    """The figures of ``benchmarks.serving.servers.client`` for ``seconds`` of load; without ``rate``, a closed loop."""
    host, port = peers.address(container)
    plan = {
        "host": host, "port": port, "path": "/invocations", "bodies": list(asked), "expect": '"predicted_label"',
        "clients": CLIENTS, "seconds": seconds, "warm_up": WARM_UP_SECONDS, "rate": rate, "limit_seconds": 60.0,
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.serving.servers.client"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(plan), text=True, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


class Memory:
    """Samples a server's resident memory in megabytes, and prints it once a minute."""

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
    saturation = ask(container, asked, seconds=SATURATION_SECONDS)["requests_per_s"]
    print(f"saturation: {saturation:.0f} requests/s; {minutes:g} minutes at {share:.0%} of it", flush=True)
    seconds = minutes * 60 - WARM_UP_SECONDS
    with Memory(container) as memory:
        result = ask(container, asked, seconds=seconds, rate=share * saturation)
    early, late = growth(memory.samples)
    times = sorted(result["milliseconds"])
    errors = sum(count for status, count in result["statuses"].items() if status != "200")
    kept_up = result["requests_per_s"] * seconds >= KEPT_UP * result["due"]
    is_flat = late - early <= max(GROWTH_MB, GROWTH_SHARE * early)
    return {
        "minutes": minutes,
        "saturation_requests_per_s": round(saturation, 1),
        "requests": sum(result["statuses"].values()),
        "errors": errors,
        "statuses": result["statuses"],
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
        parser.error("--minutes must be at least half a minute")
    with tempfile.TemporaryDirectory(prefix="rubric-soak-") as folder:
        built = chosen.built or Path(folder) / "built"
        if not model.complete(built):
            options = ["--data", str(chosen.data.resolve())] if chosen.data else []
            subprocess.run(
                [sys.executable, "-m", "benchmarks.serving.servers.model", str(built), *options], cwd=ROOT, check=True
            )
        with start_lean(built / model.ARTIFACT) as container:
            container.wait_ready()
            result = soak(container, model.read_texts(built), minutes=chosen.minutes, share=chosen.share)
    print(json.dumps(result))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
