"""Labels until an A/B test decides, and how often it errs, beside what is usually done.

    make bench-ab-tests [DATASET=news.csv] [ARGS="--quick"]        or  python -m benchmarks.ab_tests

First table: simulated texts of two models with known accuracies. Second: two linear models, the champion fitted on a
part of the challenger's rows, and the texts that neither was fitted on, in a random order for each test. The evidence
is that of lambda_src/ab_test. Last line: one JSON object. Run it in .venv-model, with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from benchmarks.ab_tests import peers
from contracts.ab_tests import evidence
from lambda_src.ab_test.statistics import bets
from lambda_src.ab_test.statistics.bets import Counts
from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.evaluation import linear_model

Array: TypeAlias = np.ndarray[Any, Any]
Figures: TypeAlias = dict[str, Any]

ACCURACY = 0.9  # of the champion
MOST = 2_000  # labels of one paired test
UNPAIRED = 30_000  # texts of each arm at most
GENERATED = 8_000  # rows


class Pair(NamedTuple):
    """Shares of all texts: only the champion is right, only the challenger, they differ and neither is."""

    champion: float
    challenger: float
    neither: float = 0.0


PAIRS = {
    "90 v. 92 %, differ on 6 %": Pair(0.02, 0.04),
    "90 v. 92 %, differ on 10 %, 1 % of it neither right": Pair(0.035, 0.055, 0.01),
    "90 v. 91 %, differ on 4 %": Pair(0.015, 0.025),
    "90 v. 95 %, differ on 8 %": Pair(0.015, 0.065),
    "equal, differ on 6 %": Pair(0.03, 0.03),
}


def ends(outcomes: Array, *, most: int = MOST) -> tuple[Array, Array]:
    """Of tests with a look after each label: how many labels each took (infinity without an end), and who won.

    outcomes: rows are tests, columns disagreements in order: 1 challenger right, -1 champion right, 0 neither.
    """
    threshold = evidence.log10_threshold(peers.ALPHA)
    labels, winners = np.full(len(outcomes), np.inf), np.zeros(len(outcomes), dtype=int)
    for test, row in enumerate(outcomes[:, :most].tolist()):
        champion = challenger = 0
        for label, outcome in enumerate(row, 1):
            champion, challenger = champion + (outcome < 0), challenger + (outcome > 0)
            lead = challenger - champion
            counts = Counts(champion=champion, challenger=challenger)
            if (bets.log10_above(counts) if lead > 0 else bets.log10_below(counts)) >= threshold:
                labels[test], winners[test] = label, int(np.sign(lead))
                break
    return labels, winners


def _summary(labels: Array) -> Figures:
    """Median and 90 % of the labels, None where so many tests have no end; and the share of tests with a winner."""
    middle, most = (float(np.quantile(labels, part, method="higher")) for part in (0.5, 0.9))
    return {
        "median": middle if math.isfinite(middle) else None,
        "p90": most if math.isfinite(most) else None,
        "winners": float(np.isfinite(labels).mean()),
    }


def simulated(pair: Pair, *, tests: int, unpaired: int, seed: int) -> Figures:
    """A test of two models that differ as the pair says, by each rule."""
    chance = np.random.default_rng(seed)
    differ = np.array([pair.champion, pair.challenger, pair.neither])
    outcomes = chance.choice([-1, 1, 0], size=(tests, MOST), p=differ / differ.sum())
    labels, winners = ends(outcomes)
    # A rule for pairs alone: neither's labels cost as much there, and are left out of its count.
    won = chance.random((tests, MOST)) < pair.challenger / (pair.challenger + pair.champion)
    difference = pair.challenger - pair.champion
    arms = chance.random((2, unpaired, UNPAIRED)) < np.array([ACCURACY, ACCURACY + difference])[:, None, None]
    found: Figures = {
        "ours": {**_summary(labels), "worse": float((winners < 0).mean())},
        "uniform": _summary(peers.uniform(won)),
        "unpaired": _summary(peers.unpaired(arms[0], arms[1])),
        "peeking": _summary(peers.peeking(won)),
    }
    if difference:
        found["once"] = dict(zip(("unpaired", "paired"), peers.once(pair.champion, pair.challenger), strict=True))
    return found


def not_worse(*, margin: float, differ: float, tests: int, seed: int, difference: float = 0.0) -> Figures:
    """Labels until the challenger is known to be worse by less than the margin; differ: share of the texts."""
    chance = np.random.default_rng(seed)
    threshold = evidence.log10_threshold(peers.ALPHA)
    labels = np.full(tests, np.inf)
    texts = np.full(tests, np.inf)
    for test in range(tests):
        gaps = chance.geometric(differ, size=MOST)
        right = chance.random(MOST) < (1 + difference / differ) / 2
        counts = Counts()
        for label, (gap, challenger) in enumerate(zip(gaps.tolist(), right.tolist(), strict=True)):
            counts = counts._replace(neither=counts.neither + gap - 1)
            if bets.log10_above(counts, bound=-margin) >= threshold:
                labels[test], texts[test] = label, sum(counts)
                break
            if bets.log10_below(counts, bound=-margin) >= threshold:
                break
            who = "challenger" if challenger else "champion"
            counts = counts._replace(**{who: getattr(counts, who) + 1})
    return {**_summary(labels), "texts": _summary(texts)["median"]}


def real(path: Path | None, *, parts: int, tests: int, unpaired: int, seed: int) -> Figures:
    """Two models of one dataset: the champion is fitted on 1/`parts` of the challenger's rows."""
    rows, names, name = _rows(path)
    fold = folds.of(rows, seed=0, count=2 * parts)
    train = [row for row, part in zip(rows, fold, strict=True) if part < parts]
    few = [row for row, part in zip(rows, fold, strict=True) if part == 0]
    held = [row for row, part in zip(rows, fold, strict=True) if part >= parts]
    truth = np.array([names.index(row.label) for row in held])
    texts = [row.text for row in held]
    old, new = (linear_model.fit(each, names).logits(texts).argmax(axis=1) for each in (few, train))
    right_old, right_new = old == truth, new == truth
    outcome = (right_new.astype(int) - right_old)[old != new]
    chance = np.random.default_rng(seed)
    labels, winners = ends(np.stack([chance.permutation(outcome) for _ in range(tests)]))
    drawn = chance.integers(len(held), size=(2, unpaired, UNPAIRED))
    return {
        "dataset": name,
        "texts": len(held),
        "accuracy": [float(right_old.mean()), float(right_new.mean())],
        "differ": float((old != new).mean()),
        "ours": {**_summary(labels), "worse": float((winners < 0).mean())},
        "unpaired": _summary(peers.unpaired(right_old[drawn[0]], right_new[drawn[1]])),
    }


def _rows(path: Path | None) -> tuple[list[Row], list[str], str]:
    if path:
        from model_code.training.data import dataset

        data = dataset.load(path)
        return list(data.rows), list(data.labels), data.name
    from model_code.dataset_generator import generate_headlines

    made = dict(generate_headlines.headlines(GENERATED, seed=5))
    rows = [Row(text=text, label=label, line=line) for line, (text, label) in enumerate(made.items(), 2)]
    return rows, sorted({row.label for row in rows}), "generated headlines"


def main() -> None:
    """Prints each figure as it is found, and all of them in one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a file of texts and labels; generated headlines without it")
    parser.add_argument("--quick", action="store_true", help="a fifth of the tests")
    parser.add_argument("--packages", metavar="PYTHON", help="a Python with gbstats 0.8.0 and ville 0.1.0")
    options = parser.parse_args()
    tests, unpaired = (200, 40) if options.quick else (1_000, 200)
    found: Figures = {}
    for seed, (name, pair) in enumerate(PAIRS.items()):
        found[name] = simulated(pair, tests=tests, unpaired=unpaired, seed=seed)
        print(f"{name}: {found[name]}", flush=True)
    for margin, differ in ((0.005, 0.02), (0.01, 0.06), (0.02, 0.06), (0.02, 0.2)):
        name = f"equal, differ on {differ:.0%}: not worse by {100 * margin:g} points"
        found[name] = not_worse(margin=margin, differ=differ, tests=tests // 5, seed=20)
        print(f"{name}: {found[name]}", flush=True)
    for parts in (2, 4, 8):
        name = f"real, champion fitted on 1/{parts} of the rows"
        found[name] = real(options.data, parts=parts, tests=tests, unpaired=unpaired, seed=30)
        print(f"{name}: {found[name]}", flush=True)
    if options.packages:
        found["packages"] = peers.agreement(options.packages, cases=50, seed=9)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
