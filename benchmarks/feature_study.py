"""Whether a model that also reads features would gain anything: a stacked model beside the model of the text alone.

    .venv-model/bin/python -m benchmarks.feature_study --dataset newsCorpora.csv

The file has the columns TITLE, CATEGORY, PUBLISHER, STORY and TIMESTAMP (milliseconds), as the UCI News Aggregator's.
The model of the text (word and character n-grams, logistic regression) learns from half of the stories, the stacked one
from a quarter, and all are judged on the last quarter, drawn anew `--repeats` times. So no story is on two sides.

The stacked model is a logistic regression of the first one's log-probabilities and of the features as of each
headline's time: the shares of the labels that the publisher's earlier headlines have, and those that the text's key
has, both smoothed and each with its count. A label is known `--delay-hours` after its headline, and `--known` of the
labels ever are: people label few. A second stacked model has no features, so that what a second fit alone gains is
seen. Differences have a 95 % interval of a bootstrap over stories. Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from contracts.features.event import publisher_id
from contracts.texts.text_normalization import normalised, text_id

Array: TypeAlias = np.ndarray[Any, Any]

PRIOR = 5.0  # headlines that a publisher's or a key's shares are smoothed by
RESAMPLES = 2_000
LEAST = -12.0  # a log-probability
SEED = 7


@dataclass(frozen=True)
class Row:
    """A headline. time: milliseconds since 1970; known: when its label is, infinite where it never is."""

    text: str
    label: int
    publisher: str
    story: str
    time: int
    known: float


def read(path: Path, *, delay_hours: float, known: float) -> tuple[list[Row], list[str]]:
    """The rows that have all columns, by time, and the labels' names."""
    rng = np.random.default_rng(SEED)
    with path.open(encoding="utf-8", newline="") as file:
        raw = [row for row in csv.DictReader(file) if (row.get("TIMESTAMP") or "").isdigit() and row["TITLE"]]
    names = sorted({row["CATEGORY"] for row in raw})
    rows = []
    for row, draw in zip(raw, rng.random(len(raw)), strict=True):
        time = int(row["TIMESTAMP"])
        label_time = time + delay_hours * 3_600_000 if draw < known else float("inf")
        publisher = publisher_id(row["PUBLISHER"] or "")
        rows.append(
            Row(normalised(row["TITLE"]), names.index(row["CATEGORY"]), publisher, row["STORY"], time, label_time)
        )
    return sorted(rows, key=lambda row: row.time), names


def parts(rows: Sequence[Row], *, seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    """The rows of half of the stories, of a quarter, and of the last quarter, by chance."""
    stories = sorted({row.story for row in rows})
    order = np.random.default_rng(seed).permutation(len(stories))
    place = {story: int(number) for story, number in zip(stories, order, strict=True)}
    half, three = len(stories) // 2, len(stories) * 3 // 4
    first = [row for row in rows if place[row.story] < half]
    second = [row for row in rows if half <= place[row.story] < three]
    return first, second, [row for row in rows if place[row.story] >= three]


def features(rows: Sequence[Row], key: Callable[[Row], str], *, of: Sequence[Row], labels: int) -> Array:
    """For each of `of`: the smoothed log-shares of the labels that its key had, by those known before it; the count."""
    events = sorted((row.known, key(row), row.label) for row in rows if np.isfinite(row.known))
    overall, counts = np.ones(labels), defaultdict[str, Array](lambda: np.zeros(labels))
    found, at = np.empty((len(of), labels + 1)), 0
    for place in np.argsort([row.time for row in of], kind="stable"):
        row = of[place]
        while at < len(events) and events[at][0] < row.time:  # strictly before: no label of the headline itself
            counts[events[at][1]][events[at][2]] += 1
            overall[events[at][2]] += 1
            at += 1
        own = counts[key(row)] if key(row) in counts else np.zeros(labels)
        share = (own + PRIOR * overall / overall.sum()) / (own.sum() + PRIOR)
        found[place] = [*(np.log(share) - np.log(overall / overall.sum())), np.log1p(own.sum())]
    return found


def text_model(train: Sequence[Row], *, labels: int) -> Callable[[Sequence[Row]], Array]:
    """Fits the model of the text; gives log-probabilities of all labels."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=3)
    texts = [row.text for row in train]
    matrix = hstack([words.fit_transform(texts), letters.fit_transform(texts)]).tocsr()
    model = LogisticRegression(C=10.0, max_iter=1000).fit(matrix, [row.label for row in train])

    def log_probabilities(rows: Sequence[Row]) -> Array:
        new = [row.text for row in rows]
        found = model.predict_log_proba(hstack([words.transform(new), letters.transform(new)]).tocsr())
        return of_all(found, model.classes_, labels=labels)

    return log_probabilities


def of_all(found: Array, classes: Array, *, labels: int) -> Array:
    """Log-probabilities of all labels, those that were not learnt with hardly any."""
    whole = np.full((len(found), labels), LEAST)
    whole[:, classes] = np.maximum(found, LEAST)
    return whole


def stacked(train: Array, target: Array, test: Array, *, labels: int) -> Array:
    """Log-probabilities of a logistic regression of standardised inputs."""
    mean, spread = train.mean(axis=0), train.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=2000).fit((train - mean) / spread, target)
    return of_all(model.predict_log_proba((test - mean) / spread), model.classes_, labels=labels)


def difference(one: Array, other: Array, stories: Sequence[str]) -> tuple[float, float, float]:
    """The mean of one minus the other by text, with a 95 % interval of a bootstrap over stories."""
    rng, gap = np.random.default_rng(SEED), one.astype(float) - other
    groups: dict[str, list[int]] = defaultdict(list)
    for place, story in enumerate(stories):
        groups[story].append(place)
    sums = np.array([[gap[places].sum(), len(places)] for places in groups.values()])
    drawn = sums[rng.integers(0, len(sums), (RESAMPLES, len(sums)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return round(float(gap.mean()), 4), round(float(low), 4), round(float(high), 4)


KEYS: dict[str, Callable[[Row], str]] = {
    "publisher": lambda row: row.publisher,
    "text": lambda row: text_id(row.text),
}
AGAIN = "fitted again, without features"
USED = {
    AGAIN: (),
    "with the publisher": ("publisher",),
    "with the publisher and the text's key": ("publisher", "text"),
}


def answers(rows: Sequence[Row], *, labels: int, seed: int) -> tuple[list[Row], dict[str, Array], dict[str, float]]:
    """The judged rows, the log-probabilities of each model, and the shares of them whose features are known."""
    first, second, last = parts(rows, seed=seed)
    model = text_model(first, labels=labels)
    base = (model(second), model(last))
    extra = {
        name: tuple(features(rows, key, of=part, labels=labels) for part in (second, last))
        for name, key in KEYS.items()
    }
    target = np.array([row.label for row in second])
    found = {"the text alone": base[1]}
    for name, used in USED.items():
        train, test = (np.hstack([base[part], *(extra[one][part] for one in used)]) for part in (0, 1))
        found[name] = stacked(train, target, test, labels=labels)
    return last, found, {name: float((known[1][:, -1] > 0).mean()) for name, known in extra.items()}


def study(path: Path, *, delay_hours: float, known: float, repeats: int) -> dict[str, Any]:
    """The figures of one setting, over all repeats together."""
    rows, names = read(path, delay_hours=delay_hours, known=known)
    right, loss = defaultdict[str, list[Array]](list), defaultdict[str, list[Array]](list)
    stories: list[str] = []
    seen = defaultdict[str, list[float]](list)
    for seed in range(repeats):
        last, found, shares = answers(rows, labels=len(names), seed=seed)
        truth = np.array([row.label for row in last])
        stories += [row.story for row in last]
        for name, answer in found.items():
            right[name].append(answer.argmax(axis=1) == truth)
            loss[name].append(-answer[np.arange(len(truth)), truth])
        for name, share in shares.items():
            seen[name].append(share)
    hits = {name: np.concatenate(each) for name, each in right.items()}
    losses = {name: np.concatenate(each) for name, each in loss.items()}
    others = [name for name in USED if name != AGAIN]
    return {
        "delay_hours": delay_hours,
        "known": known,
        "repeats": repeats,
        "texts": len(rows),
        "stories": len({row.story for row in rows}),
        "publishers": len({row.publisher for row in rows}),
        "judged": len(stories),
        "with_features": {name: round(float(np.mean(shares)), 3) for name, shares in seen.items()},
        "accuracy": {name: round(float(each.mean()), 4) for name, each in hits.items()},
        "log_loss": {name: round(float(each.mean()), 4) for name, each in losses.items()},
        "gain": {name: difference(hits[name], hits[AGAIN], stories) for name in others},
        "loss_gain": {name: difference(losses[AGAIN], losses[name], stories) for name in others},
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True, help="the file of headlines")
    parser.add_argument("--delay-hours", type=float, nargs="+", default=[1.0], help="until a label is known (1)")
    parser.add_argument("--known", type=float, nargs="+", default=[1.0, 0.05], help="shares of labels (1 and 0.05)")
    parser.add_argument("--repeats", type=int, default=5, help="random divisions of the stories (5)")
    options = parser.parse_args()
    found = [
        study(options.dataset, delay_hours=delay, known=known, repeats=options.repeats)
        for delay in options.delay_hours
        for known in options.known
    ]
    for one in found:
        print(f"\n{one['known']:.0%} of the labels known after {one['delay_hours']:g} h, {one['judged']} texts")
        for name, accuracy in one["accuracy"].items():
            gain = one["gain"].get(name)
            more = f"  {gain[0]:+.2%} ({gain[1]:+.2%} to {gain[2]:+.2%})" if gain else ""
            print(f"  {name:40} accuracy {accuracy:.2%}  log loss {one['log_loss'][name]:.4f}{more}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
