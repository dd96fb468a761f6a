"""Writes labelled German reviews from our own grammar: the data of the second task, sentiment, without a download.

``python model_code/dataset_generator/generate_reviews.py --output reviews.csv --rows 4000``: a CSV with the columns
``bewertung`` and ``stimmung``. The same arguments give the same bytes. Standard library only.
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
from model_code.dataset_generator import review_words as words

COLUMNS = ("bewertung", "stimmung")
# Shares of the labels: most people who write a review are content.
SHARES = {"negativ": 0.30, "neutral": 0.22, "positiv": 0.48}
STRAY = 0.03  # share of reviews under a wrong label: a star too many or too few
TYPED_FAST = 0.12  # share of reviews in small letters without a full stop
SLOT = re.compile(r"\{(\w+)\}")
_CLAUSES = {"CONTEXT": words.CONTEXT, "GOOD": words.GOOD, "BAD": words.BAD, "MEH": words.MEH, "GOOD_EN": words.GOOD_EN}
_SENTENCE = re.compile(r"(?:^|[.!?:] )(\w)")


def reviews(rows: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """``rows`` distinct (review, label) pairs."""
    return grammar.distinct(rows, seed=seed, shares=SHARES, stray=STRAY, make=_review)


def _review(label: str, chance: random.Random) -> str:
    article = chance.choice(list(words.THINGS))
    forms = words.FORMS[article] | {"thing": chance.choice(words.THINGS[article])}
    shape = chance.choice(words.SHAPES[label])
    # No review says the same thing twice.
    clauses = {kind: iter(chance.sample(_CLAUSES[kind], shape.count(f"{{{kind}}}"))) for kind in _CLAUSES}
    text = SLOT.sub(lambda slot: next(clauses[slot[1]]) if slot[1] in clauses else slot[0], shape)
    text = SLOT.sub(lambda slot: forms.get(slot[1]) or chance.choice(words.SLOTS[slot[1]]), text)
    text = _SENTENCE.sub(lambda start: start[0].upper() if start[0][0] != ":" else start[0], text)
    return text.lower().rstrip(".!") if chance.random() < TYPED_FAST else text


def main(arguments: Sequence[str]) -> int:
    """Write the file; 0."""
    about = (__doc__ or "").partition("\n")[0]
    return grammar.command(
        arguments, about=about, columns=COLUMNS, rows=4000, make=lambda rows, seed: reviews(rows, seed=seed)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
