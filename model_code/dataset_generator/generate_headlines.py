"""Writes labelled headlines from our own grammar: data to try the whole system with, without a download.

``python model_code/dataset_generator/generate_headlines.py --output headlines.csv --rows 6000``: a CSV with the columns
``title`` and ``category``. The same arguments give the same bytes. Standard library only.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from model_code.dataset_generator import grammar
from model_code.dataset_generator import headline_words as words

COLUMNS = ("title", "category")
# Shares of the labels: uneven, as in news.
SHARES = {"Business": 0.32, "Entertainment": 0.30, "Health": 0.17, "Science": 0.21}
STRAY = 0.03  # share of headlines under a wrong label, as editors make mistakes
SLOT = re.compile(r"\{(\w+)\}")


def headlines(rows: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """``rows`` distinct (headline, label) pairs."""
    return grammar.distinct(rows, seed=seed, shares=SHARES, stray=STRAY, make=_headline)


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
    about = (__doc__ or "").partition("\n")[0]
    return grammar.command(
        arguments, about=about, columns=COLUMNS, rows=6000, make=lambda rows, seed: headlines(rows, seed=seed)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
