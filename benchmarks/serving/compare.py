"""Servers of text classifiers on one DistilBERT-base-shaped model under the same load: throughput, latency, memory.

    .venv-model/bin/python -m benchmarks.serving [--data news/train.tsv] [--quick] [--servers lean infinity ...]

All servers stay up and take turns, because a shared machine's speed changes; only one is asked at a time, and each
client sends its next headline when it has the previous answer. Then lean alone at rising rates, to find its saturation
and the autoscaling target, and beyond. Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import chips
from benchmarks.screen import Line
from benchmarks.serving.servers import figures, load, model, peers, saturation
from model_code.serving.cpu_limit import available
from tools.containers import Container, ContainerError, vendor

ROOT = Path(__file__).resolve().parents[2]
WARM_UP_CLIENTS, OVERLOAD_CLIENTS, OVERLOAD_TEXTS = 8, 128, 32
OPEN_LOOP_CONNECTIONS = 256
TARGET_FOR = {"ml.c7i.large": 2, "ml.c7i.xlarge": 4}  # vCPUs


@dataclass(frozen=True)
class Effort:
    """How long to measure: seconds of a turn and before it, turns, clients, bisections, rounds of the ceiling."""

    seconds: float
    warm_up: float
    rounds: int
    clients: tuple[int, ...]
    steps: int
    ceiling_rounds: int
    servers: tuple[str, ...]


FULL = Effort(4.0, 1.0, 2, (1, 8, 32, 128), steps=5, ceiling_rounds=40, servers=tuple(peers.PEERS))
QUICK = Effort(
    1.5, 0.5, 1, (1, 8, 32), steps=2, ceiling_rounds=8, servers=(peers.DEFAULT, peers.OURS, peers.LEAN, peers.INFINITY)
)


class Bench:
    """The running servers, and the measurements of each so far."""

    def __init__(self, effort: Effort, built: Path, line: Line) -> None:
        self._effort, self._built, self._line = effort, built, line
        self._texts = model.read_texts(built)
        self._running: dict[str, Container] = {}
        self._client_cpu: list[float] = []
        self.starts: dict[str, float] = {}
        self.measured: dict[str, dict[int, dict[str, Any]]] = {}

    def start(self, name: str, stack: ExitStack) -> None:
        """Start a server, wait for its first answer, and warm it up."""
        self._line.begin(f"start {name}")
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rubric-bench-")))
        peer = peers.PEERS[name]
        self._running[name] = stack.enter_context(peer.start(self._built, work, {}))
        self.starts[name] = peers.wait(peer, self._running[name])
        self.ask(name, clients=WARM_UP_CLIENTS, warm_up=0.0)
        self._line.end(f"first answer after {self.starts[name]:.1f} s")

    def ask(self, name: str, **how: Any) -> dict[str, Any]:
        """One measurement of a running server."""
        how = {"seconds": self._effort.seconds, "warm_up": self._effort.warm_up, **how}
        run = load.measure(peers.PEERS[name], self._running[name], self._texts, **how)
        self._client_cpu.append(run["cpu_share"])
        return run

    def take_turns(self) -> None:
        """Every server at every number of clients, in turn."""
        for clients in self._effort.clients:
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in self._running}
            for _ in range(self._effort.rounds):
                for name, each in runs.items():
                    self._line.begin(f"{name}, {clients} clients")
                    each.append(self.ask(name, clients=clients))
                    self._line.end(f"{each[-1]['requests_per_s']:.1f} requests/s")
            for name, each in runs.items():
                self.measured.setdefault(name, {})[clients] = figures.level(each, seconds=self._effort.seconds)

    def saturate(self, name: str) -> dict[str, Any]:
        """A server's saturation, the targets that follow from it, and its answers far beyond."""

        def at(rate: float) -> dict[str, Any]:
            self._line.begin(f"{name} at {rate:.0f} requests/s")
            run = self.ask(name, clients=OPEN_LOOP_CONNECTIONS, rate=rate)
            level = figures.level([run], seconds=self._effort.seconds)
            self._line.end(f"p95 {level['p95_ms']} ms, {level['statuses']}")
            return level

        throughput = figures.best_throughput(self.measured[name])
        sustained = saturation.find(at, throughput=throughput, steps=self._effort.steps)
        self._line.begin(f"{name} beyond saturation")
        beyond = self.ask(name, clients=OVERLOAD_CLIENTS, texts_a_request=OVERLOAD_TEXTS)["statuses"]
        self._line.end(str(beyond))
        cores = available()
        return {
            "saturation_per_s": round(sustained, 1),
            "saturation_limit_p95_ms": saturation.LIMIT_P95_MS,
            "target_invocations_per_instance": {
                kind: saturation.target_invocations(sustained, cores=cores, vcpus=vcpus)
                for kind, vcpus in TARGET_FOR.items()
            },
            "beyond_saturation": beyond,
        }

    @property
    def client_cpu_share(self) -> float:
        """The largest share of a core that the load itself used."""
        return max(self._client_cpu, default=0.0)


def build(folder: Path, data: Path | None) -> None:
    """Make the model's files in ``folder``, in a separate process."""
    command = [sys.executable, "-m", "benchmarks.serving.servers.model", str(folder)]
    command += ["--serving-deps", str(vendor.vendor_archive().parent)]
    command += ["--data", str(data.resolve())] if data else []
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the model could not be made:\n{done.stdout[-2000:]}")


def ceiling(built: Path, *, rounds: int) -> dict[str, float]:
    """The figures that ``benchmarks.serving.ceiling`` prints for the artifact."""
    command = [sys.executable, "-m", "benchmarks.serving.ceiling", "--model", str(built / model.ARTIFACT)]
    done = subprocess.run([*command, "--rounds", str(rounds)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("the int8 ceiling could not be measured; its message is above")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def parser() -> argparse.ArgumentParser:
    """The command line."""
    raw = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(prog="benchmarks.serving", description=__doc__, formatter_class=raw)
    options.add_argument("--data", type=Path, help="labelled file whose texts to send (default: generated ones)")
    options.add_argument(
        "--model", type=Path, metavar="FOLDER", help="make the model in this folder, or reuse the one in it"
    )
    options.add_argument("--servers", nargs="+", choices=tuple(peers.PEERS), help="only these")
    options.add_argument("--quick", action="store_true", help="two minutes, to see that it works; not for figures")
    return options


def run(chosen: argparse.Namespace, effort: Effort, built: Path, line: Line) -> dict[str, Any]:
    """Measure everything; the JSON object."""
    if not model.complete(built):
        line.begin("make the model")
        build(built, chosen.data)
        line.end(f"in {built}" if chosen.model else "done")
    line.begin("int8 ceiling")
    product = ceiling(built, rounds=effort.ceiling_rounds)
    line.end(f"{product['int8_ceiling_ms_per_text']} ms a text; batches take {product['batch_ms_per_text']}")
    bench = Bench(effort, built, line)
    with ExitStack() as stack:
        for name in effort.servers:
            bench.start(name, stack)
        bench.take_turns()
        beyond = bench.saturate(peers.LEAN) if peers.LEAN in effort.servers else {}
    throughputs = {name: figures.best_throughput(levels) for name, levels in bench.measured.items()}
    cores = available()
    print(figures.table(bench.measured, bench.starts))
    print(f"\nUSD for a million headlines, one per request, at the highest throughput above ({figures.prices.LIST}):\n")
    print(figures.price_table(throughputs, cores=cores))
    return {
        **figures.ratios(bench.measured),
        **product,
        "errors": sum(figures.errors(each["statuses"]) for each in bench.measured.get(peers.LEAN, {}).values()),
        "errors_of": {
            name: sum(figures.errors(each["statuses"]) for each in levels.values())
            for name, levels in bench.measured.items()
        },
        **beyond,
        "usd_per_million": {
            name: round(cost, 4)
            for name, rate in throughputs.items()
            if (cost := figures.prices.usd_per_million("ml.c7i.large", rate, cores=cores)) is not None
        },
        "start_seconds": {name: round(seconds, 1) for name, seconds in bench.starts.items()},
        "client_cpu_share": bench.client_cpu_share,
        "measured": bench.measured,
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, print; 0, or 1 with a message when a server cannot be started."""
    chosen = parser().parse_args(arguments)
    if chosen.data and not chosen.data.is_file():
        raise SystemExit(f"{chosen.data} is not a file; name a CSV or TSV with a text and a label column")
    effort = QUICK if chosen.quick else FULL
    wanted = chosen.servers or [name for name in effort.servers if name in peers.installable(sys.version_info[:2])]
    effort = replace(effort, servers=tuple(wanted))
    load_before, started = os.getloadavg()[0], time.monotonic()
    turns = len(effort.clients) * effort.rounds * len(effort.servers)
    with tempfile.TemporaryDirectory() as folder:
        built = chosen.model or Path(folder) / "model"
        alone = effort.steps + 1 if peers.LEAN in effort.servers else 0
        line = Line(total=(not model.complete(built)) + 1 + len(effort.servers) + turns + alone)
        try:
            result = run(chosen, effort, built, line)
        except ContainerError as error:
            raise SystemExit(f"\n{error}") from error
    result |= {
        "data": chosen.data.name if chosen.data else "generated headlines",
        "machine": chips.device_name("cpu"),
        "cores": available(),
        "load_before": round(load_before, 2),
        "quick": chosen.quick,
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
