"""How well `rubric suggest` finds labels that were changed at a known rate, and how much its choice of texts helps.

    python -m benchmarks.training.suggestions [--data news.tsv] [--rows 4000] [--rates 0 0.02 0.05 0.1 0.2]

Without --data: generated headlines without stray labels. Labels are changed to another at random (uniform), or all of a
label to the next one (pairs), as where people confuse two labels. Compared at the number of changed labels: rows at
random, the rows whose given label the cross-validated linear model finds least probable, and `rubric suggest`.
Second table: accuracy of the linear model on rows that are never labelled, after labelling rows at random, the least
certain, and those of the ranking. Last line: one JSON object. Run it in .venv-model, with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from contracts.texts import labelling
from model_code.dataset_generator import generate_headlines
from model_code.training.data import dataset, folds
from model_code.training.data.rows import Row
from model_code.training.evaluation import calibration, confident_learning, evaluate, linear_model

Array: TypeAlias = np.ndarray[Any, Any]

RATES = (0.0, 0.02, 0.05, 0.1, 0.2)
KINDS = ("uniform", "pairs")
STARTS = (24, 80)
ROUNDS = 5
FOLDS = 4
WAYS = ("random", "least certain", "the ranking")


def load(path: Path | None, *, rows: int) -> tuple[list[Row], list[str]]:
    """At most ``rows`` rows of a file, or generated ones whose labels are all right, with their labels."""
    if path:
        data = dataset.load(path)
        chosen = sorted(data.rows, key=lambda row: folds.rank(row.text, 0))[:rows]
        return chosen, sorted({row.label for row in chosen})
    generate_headlines.STRAY = -1.0  # a share that no random number is below
    made = generate_headlines.headlines(rows, seed=5)
    chosen = [Row(text=text, label=label, line=line) for line, (text, label) in enumerate(made, 2)]
    return chosen, sorted({row.label for row in chosen})


def changed(
    rows: Sequence[Row], labels: Sequence[str], *, rate: float, kind: str, seed: int
) -> tuple[list[Row], Array]:
    """The rows with about ``rate`` of the labels changed, and which these are (bool, shape (rows,))."""
    chance = np.random.default_rng(seed)
    which = chance.random(len(rows)) < rate
    steps = chance.integers(1, len(labels), size=len(rows)) if kind == "uniform" else np.ones(len(rows), dtype=int)
    place = {label: index for index, label in enumerate(labels)}
    return [
        replace(row, label=labels[(place[row.label] + int(step)) % len(labels)]) if wrong else row
        for row, wrong, step in zip(rows, which.tolist(), steps.tolist(), strict=True)
    ], which


def errors(rows: Sequence[Row], labels: Sequence[str], *, rate: float, kind: str) -> dict[str, Any]:
    """What is found of the changed labels."""
    noisy, wrong = changed(rows, labels, rate=rate, kind=kind, seed=7)
    judged = confident_learning.judge(noisy, labels)
    truth = evaluate.positions([row.label for row in noisy], labels)
    plain = judged.answers.probabilities[np.arange(len(noisy)), truth]
    ranked = np.zeros(len(noisy))
    ranked[[each.position for each in judged.suspects]] = 2 - np.arange(len(judged.suspects)) / len(noisy)
    ranked[ranked == 0] = -plain[ranked == 0]
    count, named = int(wrong.sum()), [each.position for each in judged.suspects]
    top = {"random": float(wrong.mean()), "plain": _top(wrong, -plain, count), "suggest": _top(wrong, ranked, count)}
    return {
        "kind": kind,
        "rate": rate,
        "wrong": count,
        "estimate": round(judged.wrong, 1),
        "interval": [round(end, 1) for end in judged.wrong_interval],
        "named": len(named),
        "precision": float(wrong[named].mean()) if named else None,
        "recall": float(wrong[named].sum() / count) if count else None,
        "top": top,
        "average_precision": {
            "plain": float(average_precision_score(wrong, -plain)) if count else None,
            "suggest": float(average_precision_score(wrong, ranked)) if count else None,
        },
    }


def _top(wrong: Array, score: Array, count: int) -> float | None:
    """The share of changed labels among the ``count`` rows with the highest score."""
    return float(wrong[np.argsort(-score, kind="stable")[:count]].mean()) if count else None


class Pool:
    """Rows of which some are labelled, round by round."""

    def __init__(self, rows: Sequence[Row], labels: Sequence[str]) -> None:
        self.texts = [row.text for row in rows]
        self.labels = len(labels)
        self.truth = evaluate.positions([row.label for row in rows], labels)
        self.fits = linear_model.LinearFits(rows, labels, machines=linear_model.PLAIN)

    def margins(self, known: Array, asked: Array) -> Array:
        """Of a model trained on the rows ``known``, for the rows ``asked``."""
        margins: Array = self.fits.fitted(known).margins(asked)[0]
        return margins

    def temperature(self, known: Array) -> float:
        """What makes the margins probabilities, by cross-validation."""
        fold = np.arange(len(known)) % FOLDS
        held = np.zeros((len(known), self.labels))
        for each in range(FOLDS):
            held[fold == each] = self.margins(known[fold != each], known[fold == each])
        return calibration.least_loss(held, self.truth[known])

    def curve(self, *, way: str, start: int, seed: int) -> list[float]:
        """Accuracy on a quarter of the rows after each round, in which as many rows are labelled as at the start."""
        chance = np.random.default_rng(seed)
        order = chance.permutation(len(self.texts))
        tested, pool = order[: len(order) // 4], order[len(order) // 4 :]
        known, accuracies = pool[:start], list[float]()
        for step in range(ROUNDS):
            accuracies.append(float((self.margins(known, tested).argmax(axis=1) == self.truth[tested]).mean()))
            if step + 1 < ROUNDS:
                rest = np.setdiff1d(pool, known)
                probabilities = softmax(self.margins(known, rest) / self.temperature(known), axis=1)
                chosen = _chosen([self.texts[index] for index in rest.tolist()], probabilities, way, start, chance)
                known = np.concatenate([known, rest[chosen]])
        return accuracies


def _chosen(texts: list[str], probabilities: Array, way: str, count: int, chance: np.random.Generator) -> list[int]:
    uncertain = [labelling.uncertainty(each) for each in probabilities.tolist()]
    if way == "random":
        return [int(index) for index in chance.choice(len(texts), count, replace=False)]
    if way == "least certain":
        return [int(index) for index in np.argsort(-np.array(uncertain), kind="stable")[:count]]
    return [choice.position for choice in labelling.rank(texts, uncertain, count=count)]


def _lines(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "| changed | wrong | estimate (95 %) | named: precision, recall | random | least probable | suggest |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for each in found:
        low, high = each["interval"]
        yield (
            f"| {each['kind']} {each['rate']:.0%} | {each['wrong']} | {each['estimate']:.0f} ({low:.0f} to {high:.0f}) "
            f"| {each['named']}: {_figure(each['precision'])}, {_figure(each['recall'])} "
            f"| {_figure(each['top']['random'])} | {_figure(each['top']['plain'])} / "
            f"{_figure(each['average_precision']['plain'])} | {_figure(each['top']['suggest'])} / "
            f"{_figure(each['average_precision']['suggest'])} |"
        )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a labelled dataset (default: generated headlines)")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--rates", type=float, nargs="*", default=RATES)
    parser.add_argument("--seeds", type=int, default=10, help="runs of the labelling part; 0 leaves it out")
    options = parser.parse_args(arguments)
    rows, labels = load(options.data, rows=options.rows)
    found = []
    for kind in KINDS:
        for rate in options.rates:
            if rate or kind == KINDS[0]:
                found.append(errors(rows, labels, rate=rate, kind=kind))
                print(json.dumps(found[-1]), flush=True)
    print("\n".join(_lines(found)), flush=True)
    curves: dict[str, dict[str, list[float]]] = {}
    pool = Pool(rows, labels) if options.seeds else None
    for start in STARTS if pool else ():
        curves[str(start)] = {}
        for way in WAYS:
            assert pool
            runs = np.array([pool.curve(way=way, start=start, seed=seed) for seed in range(options.seeds)])
            curves[str(start)][way] = runs.mean(axis=0).tolist()
            error = float(runs[:, 1:].mean(axis=1).std() / options.seeds**0.5)
            figures = " | ".join(f"{each:.3f}" for each in curves[str(start)][way])
            print(f"| {start} | {way} | {figures} | {runs[:, 1:].mean():.3f} ± {error:.3f} |", flush=True)
    print(json.dumps({"rows": len(rows), "labels": len(labels), "errors": found, "labelling": curves}))


if __name__ == "__main__":
    main()
