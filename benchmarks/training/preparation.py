"""How the cost of preparing a dataset grows with its rows: reading, cleaning, duplicates, groups, split, leak.

    python -m benchmarks.training.preparation [--rows 1000 10000 100000 400000] [--file some.csv]

Each size is a generated file in the layout of the UCI set as published (8 columns, stories), of invented headlines with
3 % exact and 12 % near duplicates, prepared in a process of its own. Peak memory is that process's, libraries
included. Last line: one JSON object. Run it in .venv-model.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from model_code.dataset_generator import generate_headlines

ROOT = Path(__file__).resolve().parents[2]
ROWS = (1_000, 10_000, 100_000, 400_000)
CODES = {"Business": "b", "Entertainment": "e", "Health": "m", "Science": "t"}
EXACT, NEAR = 0.03, 0.12
STORY_ROWS = 60  # the UCI set has 422,937 rows in 7,230 stories
FRACTIONS: dict[str, Any] = {"valid_fraction": 0.05, "test_fraction": 0.1, "seed": 0}
GOAL_SECONDS, GOAL_MB = 60, 2048


def lines(rows: int, *, seed: int) -> Iterator[str]:
    """Lines of a file with ``rows`` headlines, each made of halves of two of the grammar's and an invented name.

    The grammar's own 400,000 would nearly all be near duplicates of one another.
    """
    chance = random.Random(seed)
    heads = generate_headlines.headlines(rows, seed=seed)
    tails = [text.split() for text, _ in generate_headlines.headlines(min(rows, 20_000), seed=seed + 1)]
    texts: dict[str, list[str]] = {label: [] for label in CODES}
    for number, (head, label) in enumerate(heads):
        story, place = divmod(len(texts[label]), STORY_ROWS)
        before = texts[label][-place:] if place else []
        drawn = chance.random()
        if before and drawn < EXACT:
            text = chance.choice(before)
        elif before and drawn < EXACT + NEAR:
            text = _retold(chance.choice(before), chance)
        else:
            words, tail = head.split(), chance.choice(tails)
            name = f"{_name(chance)} {_name(chance)}"
            text = " ".join([*words[: len(words) // 2 + 1], name, *tail[len(tail) // 2 :]])
        texts[label].append(text)
        site = f"{_name(chance).lower()}.example"
        when = 1_394_470_370_000 + number * 40_000
        code = CODES[label]
        fields = (number + 1, text, f"https://{site}/{number}", site, code, f"{code}{story}", site, when)
        yield "\t".join(map(str, fields)) + "\n"


def _retold(text: str, chance: random.Random) -> str:
    words = text.split()
    changes = (
        lambda: [f"UPDATE {chance.randrange(1, 9)}-{words[0]}", *words[1:]],
        lambda: [*words[:-1], "..."],
        lambda: [*words, "- report"],
        lambda: [word for place, word in enumerate(words) if place != len(words) // 2],
    )
    return " ".join(chance.choice(changes)())


def _name(chance: random.Random) -> str:
    first = chance.choice("bdfgklmnprstvz") + chance.choice(("a", "e", "i", "o", "u", "ar", "en", "is"))
    more = "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(chance.randrange(1, 3)))
    return (first + more).title()


def prepare(path: Path) -> dict[str, Any]:
    """Prepare one file in this process: seconds of each step, peak memory, and the duplicates."""
    started, spent = time.monotonic(), time.process_time()
    from model_code.training.data import dataset, split
    from model_code.training.evaluation import leak

    imported = time.monotonic()
    data = dataset.load(path)
    loaded = time.monotonic()
    parts = split.split(data.rows, **FRACTIONS)
    divided, cpu = time.monotonic(), time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    leaked = leak.measure(data.rows, parts, labels=data.labels, **FRACTIONS)
    ended = time.monotonic()
    near = data.near_duplicates
    return {
        "rows": data.rows_read,
        "rows_used": len(data.rows),
        "import_seconds": round(imported - started, 2),
        "load_seconds": round(loaded - imported, 2),
        "split_seconds": round(divided - loaded, 2),
        "leak_seconds": round(ended - divided, 2),
        "total_seconds": round(ended - started, 2),
        "cpu_seconds_without_leak": round(cpu, 2),
        "cpu_seconds": round(time.process_time() - spent, 2),
        "peak_mb_without_leak": peak // 1024,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "exact_duplicates": data.duplicates,
        "conflicting_texts": data.conflicts["texts"],
        "near_duplicate_rows": near["rows"],
        "near_duplicate_groups": near["groups"],
        "largest_near_duplicate_group": near["largest"],
        "groups": len({row.group for row in data.rows}),
        "parts": parts.counts(),
        "random_split_share": round(leaked["random_split_share"], 4),
        "inflation": None if leaked["inflation"] is None else round(leaked["inflation"], 4),
    }


def measure(path: Path) -> dict[str, Any]:
    """``prepare`` in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training.preparation", "--prepare", str(path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(json.loads(done.stdout))


def main(arguments: Sequence[str]) -> int:
    """Print a table and the JSON line; 1 when 400,000 rows took more than the goal, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--file", type=Path, nargs="*", default=[], help="files of your own, measured as well")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.prepare:
        print(json.dumps(prepare(chosen.prepare)))
        return 0
    load_before = os.getloadavg()[0]
    print("     rows     used    load   split    leak   total s   CPU s   peak MB   near duplicates")
    results = []
    with tempfile.TemporaryDirectory() as work:
        generated = Path(work) / "newsCorpora.csv"
        for rows in chosen.rows:
            with generated.open("w", encoding="utf-8") as file:
                file.writelines(lines(rows, seed=7))
            results.append({"file": "generated", **measure(generated)})
            _print(results[-1])
        for path in chosen.file:
            results.append({"file": path.name, **measure(path.resolve())})
            _print(results[-1])
    largest = max(results, key=lambda each: each["rows"])
    reached = largest["total_seconds"] < GOAL_SECONDS and largest["peak_mb"] < GOAL_MB
    summary = {"seconds": largest["total_seconds"], "peak_mb": largest["peak_mb"], "rows": largest["rows"]}
    goal = {"goal_seconds": GOAL_SECONDS, "goal_mb": GOAL_MB, "reached": reached}
    print(
        json.dumps({**summary, **goal, "cores": os.cpu_count(), "load_before": round(load_before, 2), "sizes": results})
    )
    return 0 if reached else 1


def _print(row: dict[str, Any]) -> None:
    print(
        f"{row['rows']:9,}{row['rows_used']:9,}{row['load_seconds']:8.2f}{row['split_seconds']:8.2f}"
        f"{row['leak_seconds']:8.2f}{row['total_seconds']:10.2f}{row['cpu_seconds']:8.2f}{row['peak_mb']:10,}"
        f"{row['near_duplicate_rows']:10,} in {row['near_duplicate_groups']:,}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
