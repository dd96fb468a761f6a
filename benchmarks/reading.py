"""What it costs to read a million rows, and to bring them to a split, beside pandas' C reader.

    python -m benchmarks.reading [--rows 1000000] [--kinds clean odd ...] [--only-reading]

Run it in .venv-model. Files of invented headlines and labels: a clean CSV file without a quote; one with the 13 %
of the headlines quoted that have a comma or a quote; that one with 1 % odd lines (a column too many, a stray quote that
opens a field, quotes within one); one whose fields are all quoted; Parquet; JSON lines.
Each is measured in processes of its own: pandas.read_csv with engine="c" (in an environment that uv makes for it), our
reader to the last row's text and label, and the whole way to a split. CPU is the process's user and system time less
its imports, memory its peak, libraries included (Linux: what a process inherits from its parent does not count). Last
line: one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PANDAS = "3.1.1"
UV = ROOT / ".venv-uv" / "bin" / "uv"
KINDS = ("clean", "commas", "odd", "quoted", "parquet", "jsonl")
ODD = 0.01
GOALS = {"clean": 2.5, "odd": 6.0}  # times the CPU of pandas
GOAL_MB = 2048
CODES = {"b": "Business", "e": "Entertainment", "m": "Health", "t": "Science"}
_PANDAS = """
import json, sys, time
import pandas
started = time.process_time()
frame = pandas.read_csv(sys.argv[1], engine="c", on_bad_lines="skip")
cpu = time.process_time() - started
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")) // 1024
print(json.dumps({"rows": len(frame), "cpu_seconds": round(cpu, 3), "peak_mb": peak}))
"""


def rows(count: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """Headlines, 3 % of them repeated and 12 % told again, with their labels."""
    from benchmarks.training import preparation

    for line in preparation.lines(count, seed=seed):
        fields = line.split("\t")
        yield fields[1], CODES[fields[4]]


def write(path: Path, kind: str, data: Sequence[tuple[str, str]], *, seed: int) -> None:
    """One file of a kind."""
    if kind == "parquet":
        import pyarrow
        from pyarrow import parquet

        columns = {"text": [text for text, _ in data], "label": [label for _, label in data]}
        parquet.write_table(pyarrow.table(columns), path)
        return
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as out:
        if kind == "jsonl":
            out.writelines(json.dumps({"text": text, "label": label}) + "\n" for text, label in data)
            return
        all_quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer = all_quoted if kind == "quoted" else csv.writer(out, lineterminator="\n")
        writer.writerow(("text", "label"))
        for original, label in data:
            text = original.replace(",", " ").replace('"', " ") if kind == "clean" else original
            if kind == "odd" and chance.random() < ODD:
                out.write(_odd(text, label, chance) + "\n")
            else:
                writer.writerow((text, label))


def _odd(text: str, label: str, chance: random.Random) -> str:
    plain = text.replace(",", " ").replace('"', " ")
    shapes: tuple[Callable[[], str], ...] = (
        lambda: f"{plain},and more,{label}",
        lambda: f'"{plain},{label}',
        lambda: f'the "{plain}" of it,{label}',
        lambda: f'"{plain}" it says,{label}',
    )
    return chance.choice(shapes)()


def read(path: Path) -> dict[str, Any]:
    """Our reader alone, in this process: to each row's text and label."""
    from dataset_files import columns, files

    started = time.process_time()
    used = left_out = 0
    for content in files.contents([path]):
        table = files.table(content)
        at = columns.find(table, text_column="", label_column="", file=content.name)
        texts: list[str] = []
        labels: list[str] = []
        for _, values in table.blocks:
            texts += values[at.text]
            labels += values[at.label]
        used, left_out = used + len(texts), left_out + len(table.findings.odd)
    return _measured(started, rows=used, left_out=left_out)


def split(path: Path) -> dict[str, Any]:
    """The whole way to a split, in this process."""
    from model_code.training.data import dataset
    from model_code.training.data import split as splitting

    started = time.process_time()
    data = dataset.load(path)
    splitting.split(data.rows, valid_fraction=0.05, test_fraction=0.1, seed=0)
    return _measured(started, rows=len(data.rows), left_out=data.drops.count.total())


def _measured(started: float, **counts: int) -> dict[str, Any]:
    cpu = time.process_time() - started
    # Not getrusage's, which is at least what the parent had when it started this process.
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024
    return {**counts, "cpu_seconds": round(cpu, 3), "peak_mb": peak}


def measure(path: Path, step: str) -> dict[str, Any]:
    """One step in a process of its own."""
    if step == "pandas":
        command = [str(UV), "run", "--quiet", "--no-project", "--python", sys.executable, "--with", f"pandas=={PANDAS}"]
        command += ["python", "-c", _PANDAS, str(path)]
    else:
        command = [sys.executable, "-m", "benchmarks.reading", "--step", step, str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def compare(folder: Path, *, count: int, kinds: Sequence[str], steps: Sequence[str], best_of: int) -> dict[str, Any]:
    """All figures: for each kind and step the least CPU of several runs."""
    data = list(rows(count, seed=1))
    figures: dict[str, Any] = {}
    for kind in kinds:
        path = folder / f"{kind}.{'parquet' if kind == 'parquet' else 'jsonl' if kind == 'jsonl' else 'csv'}"
        write(path, kind, data, seed=2)
        figures[kind] = {}
        for step in steps:
            if step == "pandas" and path.suffix != ".csv":
                continue
            runs = [measure(path, step) for _ in range(1 if step == "split" else best_of)]
            figures[kind][step] = min(runs, key=lambda each: float(each["cpu_seconds"]))
        path.unlink()
    return figures


def main(arguments: Sequence[str]) -> int:
    """Print a table and the JSON line; 1 where a goal is missed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--only-reading", action="store_true")
    parser.add_argument("--best-of", type=int, default=3)
    parser.add_argument("--step", choices=("read", "split"), help=argparse.SUPPRESS)
    parser.add_argument("path", nargs="?", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.step:
        print(json.dumps((read if chosen.step == "read" else split)(chosen.path)))
        return 0
    steps = ("pandas", "read") if chosen.only_reading else ("pandas", "read", "split")
    with tempfile.TemporaryDirectory(prefix="rubric-reading-") as folder:
        figures = compare(Path(folder), count=chosen.rows, kinds=chosen.kinds, steps=steps, best_of=chosen.best_of)
    print(f"{'file':10}{'step':10}{'rows':>10}{'left out':>10}{'CPU s':>8}{'MB':>7}  times pandas")
    missed = False
    for kind, by_step in figures.items():
        for step, each in by_step.items():
            times = each["cpu_seconds"] / by_step["pandas"]["cpu_seconds"] if "pandas" in by_step else None
            shown = "" if times is None or step == "pandas" else f"{times:.1f}"
            numbers = (
                f"{each['rows']:>10,}{each.get('left_out', 0):>10,}{each['cpu_seconds']:>8.2f}{each['peak_mb']:>7,}"
            )
            print(f"{kind:10}{step:10}{numbers}  {shown}")
            missed |= each["peak_mb"] > GOAL_MB
            missed |= step == "read" and times is not None and times > GOALS.get(kind, float("inf"))
    print(json.dumps(figures))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
