"""The whole way of a change to two accounts, against synthesising and deploying each environment anew.

`.venv/bin/python -m benchmarks.delivery` starts two local AWS instances, delivers to both for the first time, and then
times two changes of the same size: one by the steps of a delivery (one synth, change sets, smoke tests), one by a
`cdk deploy` for each environment, which synthesises it. It takes some minutes, and removes what it has started.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from benchmarks.synth import processor


class Laps:
    """Seconds of each step, in order."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, float]] = []

    def of(self, way: str, step: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        self.taken.append((way, step, time.perf_counter() - started))
        print(f"{way}: {step}: {self.taken[-1][2]:.1f} s", file=sys.stderr, flush=True)
        return result

    def sum(self, way: str) -> float:
        return sum(seconds for of, _, seconds in self.taken if of == way)


def change(accounts: Sequence[Any], latency: int) -> None:
    """A change of one alarm in each environment."""
    for account in accounts:
        settings = yaml.safe_load(account.settings_file.read_text(encoding="utf-8"))
        settings["monitoring"] = {"alarm_receivers_elsewhere": True, "p99_latency_ms": latency}
        account.settings_file.write_text(yaml.safe_dump(settings), encoding="utf-8")


def deliver(laps: Laps, way: str, accounts: Sequence[Any]) -> None:
    """One synth, then to one account after the other."""
    files = " ".join(f"'{account.settings_file}'" for account in accounts)
    first = accounts[0]
    made = laps.of(way, "synth of both", lambda: first.run("make", "-s", "assembly", f"ENVS={files}", timeout=600))
    digest = made.stdout.split()[-1]
    for account in accounts:
        for step in ("prepare", "execute", "smoke", "finish"):
            laps.of(way, f"{account.name}: {step}", partial(account.make, f"delivery-{step}", f"DIGEST={digest}"))


def anew(laps: Laps, way: str, accounts: Sequence[Any]) -> None:
    """A synth and a deploy for each account; nothing is tested."""
    for account in accounts:
        common = ("-c", f"env={account.settings_file}", "--build", "", "--output", str(account.folder / "cdk.out"))
        deploy = ("deploy", "--all", "--require-approval", "never", "--concurrency", "4", *common)
        laps.of(way, f"{account.name}: synth and deploy", partial(account.run, "cdk", *deploy))


def timed(accounts: Sequence[Any]) -> Laps:
    """Both ways, on accounts to which something has been delivered."""
    laps = Laps()
    change(accounts, 1111)
    deliver(laps, "one assembly", accounts)
    change(accounts, 2222)
    anew(laps, "each anew", accounts)
    return laps


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(argv)
    from tests.long.delivery.company import founded

    with tempfile.TemporaryDirectory() as temporary, founded(Path(temporary)) as company:
        laps = timed(company.accounts)
    ways = dict.fromkeys(way for way, _, _ in laps.taken)
    steps = {way: {step: round(seconds, 1) for of, step, seconds in laps.taken if of == way} for way in ways}
    sums = {way: round(laps.sum(way)) for way in ways}
    print(json.dumps({"processor": processor(), "cores": os.cpu_count(), "seconds": sums, "steps": steps}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
