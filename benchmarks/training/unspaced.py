"""Headlines without spaces: `python -m benchmarks.training.unspaced --rows 10000 --seed 1 --csv train.csv`.

Ten classes of made-up words of two or three ideographs, whose frequencies fall off as those of a language do (Zipf).
A character alone says little: the words of all classes are made of the same characters. Most words of a headline are
everybody's, some of its class's, and some of another class's, so that TF-IDF of characters with a linear SVM is right
about four times in five (docs/benchmarks.md). The same seed gives the same headlines.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

LABELS = ("财经", "体育", "科技", "娱乐", "教育", "房产", "时政", "社会", "游戏", "家居")
CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
SHARED_WORDS, CLASS_WORDS = 6000, 2000
WORDS = (6, 11)  # of a headline
OWN, OTHERS = 0.4, 0.05  # shares of a headline's words that are its class's, and another class's
SKEW = 0.9  # Zipf's exponent


class Words:
    """A vocabulary whose n-th word is drawn in proportion to n ** -SKEW."""

    def __init__(self, source: random.Random, count: int) -> None:
        weights = list(accumulate((rank + 20) ** -1.0 for rank in range(len(CHARACTERS))))
        letters = random.Random(0).sample(CHARACTERS, len(CHARACTERS))  # the frequent ones, the same in every class
        sizes = source.choices((2, 3), (4, 1), k=count)
        self._words = ["".join(source.choices(letters, cum_weights=weights, k=size)) for size in sizes]
        self._weights = list(accumulate((rank + 5) ** -SKEW for rank in range(count)))

    def draw(self, source: random.Random) -> str:
        """One word."""
        return source.choices(self._words, cum_weights=self._weights)[0]


def headlines(count: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """``count`` headlines with their labels; the language is the same for every seed."""
    language = random.Random("language")
    shared = Words(language, SHARED_WORDS)
    own = {label: Words(language, CLASS_WORDS) for label in LABELS}
    source = random.Random(seed)
    for _ in range(count):
        label = source.choice(LABELS)
        words = []
        for kind in source.choices("oas", (OWN, OTHERS, 1 - OWN - OTHERS), k=source.randint(*WORDS)):
            words.append({"o": own[label], "a": own[source.choice(LABELS)], "s": shared}[kind].draw(source))
        text = "".join(words)
        if source.random() < 0.3:
            cut = source.randrange(1, len(words))
            text = "".join(words[:cut]) + source.choice("，：！ ") + "".join(words[cut:])
        if source.random() < 0.15:
            text += str(source.randint(2, 2026))
        yield text, label


def main(arguments: Sequence[str]) -> int:
    """Write the file; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    with chosen.csv.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        writer.writerows(headlines(chosen.rows, seed=chosen.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
