"""What the generators share: distinct labelled texts by chance, and the CSV that holds them. Standard library only."""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

Rows = Iterator[tuple[str, str]]


def distinct(
    rows: int, *, seed: int, shares: Mapping[str, float], stray: float, make: Callable[[str, random.Random], str]
) -> Rows:
    """`rows` distinct (text, label) pairs. shares: of the labels; stray: the share of texts under a label by chance.

    make: a text of a label. The same arguments give the same pairs.
    """
    chance = random.Random(seed)
    seen: set[str] = set()
    labels, weights = list(shares), list(shares.values())
    while len(seen) < rows:
        label = chance.choices(labels, weights)[0]
        text = make(label, chance)
        if text in seen:
            continue
        seen.add(text)
        yield text, chance.choice(labels) if chance.random() < stray else label


def command(
    arguments: Sequence[str], *, about: str, columns: Sequence[str], rows: int, make: Callable[[int, int], Rows]
) -> int:
    """Write the CSV that the arguments ask for; 0. make: pairs for a number of rows and a seed."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--output", type=Path, required=True, help="the CSV to write; its folder is created")
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args(arguments)
    write(chosen.output, columns=columns, rows=make(chosen.rows, chosen.seed))
    return 0


def write(path: Path, *, columns: Sequence[str], rows: Iterable[tuple[str, str]]) -> None:
    """Write a CSV; its folder is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
