"""How the cost of a dataset version grows with its rows: half of them in the version before, half in the ledger.

    python -m benchmarks.training.freezing [--rows 25000 50000 100000 200000]

Invented headlines with exact and near duplicates, as for benchmarks.training.preparation, folded by the script that
`rubric data freeze` runs, in a process of its own, on one core. The goal: twice the rows take at most 2.2 times the
processor time. Last line: one JSON object. Run it in .venv-model.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.training import preparation
from contracts.datasets import ledger
from contracts.texts import text_normalization
from contracts.texts.label_mapping import LabelMapping
from model_code.training import freeze
from model_code.training.versions import rows, sources

ROWS = (25_000, 50_000, 100_000, 200_000)
GOAL = 2.2
KEYS = 40  # callers; none has more than its share
SCRIPT = Path(freeze.__file__)


def prepare(folder: Path, count: int) -> dict[str, Any]:
    """Half the rows as a first version, half as events; the request of the script."""
    lines = list(preparation.lines(count, seed=5))
    table = folder / "first.csv"
    table.write_text("".join(lines[: count // 2]), encoding="utf-8")
    first = sources.of_dataset(table, sources.Columns(), LabelMapping.of({}), valid=0.05, test=0.1, seed=13)
    (folder / "parent.csv").write_bytes(rows.to_csv(first))
    labels = {code: label for label, code in preparation.CODES.items()}
    with (folder / "events.jsonl").open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines[count // 2 :]):
            fields = line.rstrip("\n").split("\t")
            text, label = text_normalization.normalised(fields[1]), labels[fields[4]]
            at = f"2026-11-20T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
            event = {"row_id": ledger.row_of(text), "event_id": f"{number:09d}", "kind": "label", "source": "feedback"}
            event |= {"key_id": f"key{number % KEYS:07d}", "trusted": number % 3 == 0, "label": label}
            out.write(json.dumps({**event, "time": at, "text": text}) + "\n")
    paths = {"parent": str(folder / "parent.csv"), "events": str(folder / "events.jsonl")}
    return {**paths, "key_share": 0.1}


def measure(count: int) -> dict[str, Any]:
    """The processor time and memory of one fold."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "request.json").write_text(json.dumps(prepare(folder, count)))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, str(SCRIPT), str(folder / "request.json"), "--folder", name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = json.loads((folder / freeze.FOLDED_FILE).read_text())
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "rows": count,
        "cpu_seconds": round(seconds, 2),
        "in_the_version": told["rows"],
        "new": told["new"],
        "not_in_it": sum(sum(told[state].values()) for state in ("waiting", "quarantined", "left_out")),
    }


def main(arguments: Sequence[str]) -> int:
    """Measure each size; 1 if a doubling takes longer than the goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    options = parser.parse_args(arguments)
    found = []
    for count in options.rows:
        found.append(measure(count))
        print(json.dumps(found[-1]), flush=True)
    ratios = [
        round(after["cpu_seconds"] / before["cpu_seconds"], 2)
        for before, after in itertools.pairwise(found)
        if after["rows"] == 2 * before["rows"]
    ]
    print(json.dumps({"sizes": found, "ratios": ratios, "goal": GOAL}))
    return int(any(ratio > GOAL for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
