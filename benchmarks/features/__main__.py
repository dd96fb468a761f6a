"""Writes and point reads a second of our store and of plain pymongo, in turns against one server; late events, parity.

The last line is one JSON object. A ratio is ours divided by plain: the median of those of all rounds.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient

from benchmarks.features import traffic
from benchmarks.features.sides import Ours, Plain, Side
from benchmarks.screen import Line
from contracts.features.event import utc_now
from contracts.features.values import time_text

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".venv-mongodb/bin/secantusd-py"
GOAL = 0.8
SIDES: dict[str, type[Ours] | type[Plain]] = {"ours": Ours, "plain": Plain}
# Events in a call, and events in a round.
SIZES = {1: 200, 25: 1_000, 100: 2_000}
READS = 1_000
TURN = 5  # calls

Calls = Sequence[Callable[[], Any]]


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns 1 if a ratio is below the goal, or an answer of ours was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--callers", type=int, default=2_000)
    parser.add_argument("--quick", action="store_true", help="two rounds of a tenth: only to see it run")
    options = parser.parse_args(argv)
    rounds, part = (2, 10) if options.quick else (options.rounds, 1)
    with tempfile.TemporaryDirectory() as folder:
        server, port = _started(Path(folder))
        try:
            result = _measured(
                port, server=psutil.Process(server.pid), rounds=rounds, part=part, callers=options.callers
            )
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(result))
    is_right = not result["late_events"]["ours_wrong"] and not result["parity"]["ours_unequal"]
    return 0 if is_right and min(each["ratio"] for each in result["a_second"].values()) >= GOAL else 1


def _started(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The server and its port. Without --sync-on-commit: the disk would take most of the time of both sides."""
    if not PROGRAM.is_file():
        sys.exit("features: no server: run `python3 tools/setup_env.py mongodb` with Python 3.11 to 3.13")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    where = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "data")]
    return subprocess.Popen([PROGRAM, *where, "--log-level", "ERROR"], cwd=folder), port


def _measured(port: int, *, server: psutil.Process, rounds: int, part: int, callers: int) -> dict[str, Any]:
    client: MongoClient[dict[str, Any]] = MongoClient(f"mongodb://127.0.0.1:{port}/", w="majority")
    registry = traffic.registry()
    figures = _Figures(server)
    line = Line(total=rounds * (len(SIZES) + 1))
    for number in range(rounds):
        for size, count in SIZES.items():
            arriving = traffic.events(count=count // part, callers=callers, seed=number)
            sides = {name: SIDES[name](client[f"{name}_{number}_{size}"], registry=registry) for name in SIDES}
            batches = list(traffic.batches(arriving, size=size))
            line.begin(f"writes, {size} events a call")
            writes = {name: [partial(side.write, batch) for batch in batches] for name, side in sides.items()}
            line.end(figures.measure(f"writes, {size} a call", writes, each=size))
        line.begin("point reads")
        ids = random.Random(number).choices(sorted(traffic.newest(arriving)), k=READS // part)
        reads = {name: [partial(side.read, one) for one in ids] for name, side in sides.items()}
        line.end(figures.measure("point reads", reads, each=1))
    ours, plain = sides["ours"], sides["plain"]
    assert isinstance(ours, Ours)
    return {
        "a_second": figures.result(),
        "goal": GOAL,
        "rounds": rounds,
        "late_events": {
            "events": len(arriving),
            "overtaken": traffic.overtaken(arriving),
            "ours_wrong": _wrong(ours, arriving),
            "plain_wrong": _wrong(plain, arriving),
            "callers": len(traffic.newest(arriving)),
        },
        "parity": _parity(ours, plain, arriving),
    }


class _Figures:
    """Events a second, and the processor time of this process and the server, by what was measured and by side."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._rates: dict[str, dict[str, list[float]]] = {}
        self._processor: dict[str, dict[str, list[float]]] = {}

    def measure(self, what: str, calls: Mapping[str, Calls], *, each: int) -> str:
        """Make the calls of both sides in turns, a few at a time; what came out, in words.

        In turns, because other work on the machine comes and goes within a second.
        """
        taken, spent = dict.fromkeys(calls, 0.0), dict.fromkeys(calls, 0.0)
        count = min(len(made) for made in calls.values())
        for start in range(0, count, TURN):
            for name in sorted(calls, reverse=bool(start // TURN % 2)):
                begun, processor = time.perf_counter(), self._spent()
                for call in calls[name][start : start + TURN]:
                    call()
                taken[name] += time.perf_counter() - begun
                spent[name] += self._spent() - processor
        for name in calls:
            self._rates.setdefault(what, {}).setdefault(name, []).append(count * each / taken[name])
            self._processor.setdefault(what, {}).setdefault(name, []).append(1000 * spent[name] / (count * each))
        return ", ".join(f"{name} {self._rates[what][name][-1]:,.0f} a second" for name in SIDES)

    def result(self) -> dict[str, dict[str, float]]:
        """The medians of all rounds. ratio: ours divided by plain; processor: milliseconds an event."""
        return {
            what: {
                **{name: round(statistics.median(each)) for name, each in rates.items()},
                "ratio": round(_ratio(rates), 3),
                **{f"processor_{name}": round(statistics.median(self._processor[what][name]), 3) for name in rates},
            }
            for what, rates in self._rates.items()
        }

    def _spent(self) -> float:
        server = self._server.cpu_times()
        return time.process_time() + server.user + server.system


def _ratio(rates: Mapping[str, Sequence[float]]) -> float:
    return statistics.median(ours / plain for ours, plain in zip(rates["ours"], rates["plain"], strict=True))


def _wrong(side: Side, arriving: Sequence[dict[str, Any]]) -> int:
    """How many callers have other values than those of their latest event."""
    return sum(side.read(one) != values for one, values in traffic.newest(arriving).items())


def _parity(ours: Ours, plain: Side, arriving: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many callers' online values are not those of the history as of now; the histories are the same."""
    ids = sorted(traffic.newest(arriving))
    now = time_text(utc_now())
    offline = ours.store.read_as_of([("caller", one, now) for one in ids])
    return {
        "callers": len(ids),
        "ours_unequal": sum(ours.read(one) != values for one, values in zip(ids, offline, strict=True)),
        "plain_unequal": sum(plain.read(one) != values for one, values in zip(ids, offline, strict=True)),
    }


if __name__ == "__main__":
    sys.exit(main())
