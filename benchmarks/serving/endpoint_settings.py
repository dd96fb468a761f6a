"""Workers and threads of the two containers compared on one model, to find the best setting on these cores.

    .venv-model/bin/python -m benchmarks.serving.endpoint_settings [--data news/train.tsv] [--model FOLDER]
        [--seconds 6]

The Hugging Face container with our inference.py has a process for each worker, and each may use several threads; the
lean one has one process. Each setting runs alone, at 1, 8 and 32 clients. Memory is what the instance, or a serverless
endpoint, needs. Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.screen import Line
from benchmarks.serving import compare
from benchmarks.serving.servers import figures, load, model, peers, sizing
from model_code.serving.cpu_limit import available
from tools.containers import ContainerError

CLIENTS = (1, 8, 32)


def measure(server: str, environ: dict[str, str], built: Path, *, seconds: float) -> dict[str, Any]:
    """Start one server with one setting; its figures by number of clients."""
    texts, peer = model.read_texts(built), peers.PEERS[server]
    with tempfile.TemporaryDirectory(prefix="rubric-bench-") as work, peer.start(built, Path(work), environ) as running:
        started = peers.wait(peer, running)
        levels = {}
        for clients in CLIENTS:
            run = load.measure(peer, running, texts, clients=clients, seconds=seconds, warm_up=seconds / 3)
            levels[clients] = figures.level([run], seconds=seconds)
    peak = max(each["peak_mb"] for each in levels.values())
    return {
        "server": server,
        "environment": environ,
        "start_seconds": round(started, 1),
        "levels": levels,
        "serverless_memory_mb": sizing.serverless_memory(peak),
    }


def table(results: Sequence[dict[str, Any]]) -> str:
    """Markdown: a row for each setting."""
    loads = " | ".join(f"requests/s, {clients} clients | p95 ms" for clients in CLIENTS)
    lines = [
        f"| server | setting | {loads} | peak MB | start, s |",
        f"| --- | --- |{' --- | --- |' * len(CLIENTS)} --- | --- |",
    ]
    for each in results:
        chosen = " ".join(f"{name}={value}" for name, value in each["environment"].items())
        cells = [peers.PEERS[each["server"]].title, f"`{chosen}`"]
        for level in each["levels"].values():
            cells += [level["requests_per_s"], level["p95_ms"]]
        cells += [max(level["peak_mb"] for level in each["levels"].values()), each["start_seconds"]]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0, or 1 with a message when a server cannot be started."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="labelled file whose texts to send (default: generated ones)")
    parser.add_argument(
        "--model", type=Path, metavar="FOLDER", help="make the model in this folder, or reuse the one in it"
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement (default 6)")
    chosen = parser.parse_args(arguments)
    cores = available()
    load_before, began = os.getloadavg()[0], time.monotonic()
    settings = sizing.settings(cores)
    line = Line(total=len(settings) + 1)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        built = chosen.model or Path(folder) / "model"
        line.begin("make the model")
        if not model.complete(built):
            compare.build(built, chosen.data)
        line.end("done")
        for server, environ in settings:
            line.begin(f"{server} {environ}")
            try:
                results.append(measure(server, environ, built, seconds=chosen.seconds))
            except ContainerError as error:
                raise SystemExit(f"\n{error}") from error
            line.end(" ".join(f"{each['requests_per_s']:.0f}/s" for each in results[-1]["levels"].values()))
    print(table(results))
    seconds = round(time.monotonic() - began)
    print(json.dumps({"settings": results, "cores": cores, "load_before": round(load_before, 2), "seconds": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
