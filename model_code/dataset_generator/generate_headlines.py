"""Writes labelled headlines from our own grammar: data to try the whole system with, without a download.

``python model_code/dataset_generator/generate_headlines.py --output headlines.csv --rows 6000``: a CSV with the columns
``title`` and ``category``. The same arguments give the same bytes. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from model_code.dataset_generator import headline_words as words

COLUMNS = ("title", "category")
# Shares of the labels: uneven, as in news.
SHARES = {"Business": 0.32, "Entertainment": 0.30, "Health": 0.17, "Science": 0.21}
STRAY = 0.03  # share of headlines under a wrong label, as editors make mistakes
SLOT = re.compile(r"\{(\w+)\}")


def headlines(rows: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """``rows`` distinct (headline, label) pairs."""
    chance = random.Random(seed)
    seen: set[str] = set()
    labels, weights = list(SHARES), list(SHARES.values())
    while len(seen) < rows:
        label = chance.choices(labels, weights)[0]
        text = _headline(label, chance)
        if text in seen:
            continue
        seen.add(text)
        yield text, chance.choice(labels) if chance.random() < STRAY else label


def _headline(label: str, chance: random.Random) -> str:
    template = chance.choice(words.TEMPLATES[label])
    text = SLOT.sub(lambda slot: _fill(slot[1], chance), template)
    text = chance.choice(words.STARTERS) + text[0].upper() + text[1:]
    if text[-1].isalnum():
        text += chance.choice(words.ENDINGS)
    return text


def _fill(slot: str, chance: random.Random) -> str:
    if slot == "person":
        return f"{chance.choice(words.FIRST_NAMES)} {chance.choice(words.LAST_NAMES)}"
    if slot == "title":
        return f"The {chance.choice(words.TITLE_ADJECTIVES)} {chance.choice(words.TITLE_NOUNS)}"
    if slot == "digit":
        return str(chance.randrange(10))
    if slot in {"firm", "drugfirm", "studio"}:
        ending = {"drugfirm": " Pharma", "studio": " Pictures"}.get(slot) or chance.choice(words.FIRM_ENDINGS)
        return chance.choice(words.FIRM_STEMS) + ending
    return chance.choice(words.SLOTS[slot])


def main(arguments: Sequence[str]) -> int:
    """Write the file; 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, required=True, help="the CSV to write; its folder is created")
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args(arguments)
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    with chosen.output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(headlines(chosen.rows, seed=chosen.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
