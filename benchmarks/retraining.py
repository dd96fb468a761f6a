"""How well the rule's estimate of a gain foretells what training again gains: docs/retraining.md has the figures.

`.venv-model/bin/python -m benchmarks.retraining TEXTS.tsv` (headlines and labels, with a header). Models are trained on
headlines that lack some topics, answer headlines with all topics, and are trained again with what was labelled. For
each number of labels it prints the true gain on 3,000 other headlines beside the rule's estimate and its lower bound,
which knows the old rows, the new ones, and the audited answers alone. `--null` counts how often a rule that is asked
after each 20 labels ever shows a gain where the labels of the new rows say nothing. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from lambda_src.retrain.rule.gain import Audited, Gain, Labelled, OldWords, asked_words, gain

ALPHA = 0.05
OLD, TESTED, CLUSTERS, HELD_OUT, CHANGED = 4_000, 3_000, 40, 10, 8
SIZES = ((200, 200), (500, 500), (1000, 500))  # audited texts, and labels of uncertain ones
SCENES = ("topics", "concept", "same")
Numbers = Sequence[int] | np.ndarray
Probabilities = Callable[[Sequence[int]], np.ndarray]


class World:
    """Headlines, with a cluster for each. true: labels by number, which a scene may change."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        rows = list(dict(line.rsplit("\t", 1) for line in lines).items())
        self.texts = [text for text, _ in rows]
        self.labels = sorted({label for _, label in rows})
        self.true = np.array([self.labels.index(label) for _, label in rows])
        terms = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(self.texts)
        reduced = TruncatedSVD(60, random_state=0).fit_transform(terms)
        reduced /= np.linalg.norm(reduced, axis=1, keepdims=True) + 1e-9
        self.cluster = KMeans(CLUSTERS, n_init=2, random_state=0).fit_predict(reduced)

    def model(self, rows: Sequence[int], labels: Numbers) -> Probabilities:
        """A linear model of words and word pairs, fitted on these headlines."""
        terms = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
        fitted = LogisticRegression(C=20, max_iter=300).fit(
            terms.fit_transform([self.texts[row] for row in rows]), labels
        )

        def answer(asked: Sequence[int]) -> np.ndarray:
            found = np.full((len(asked), len(self.labels)), 1e-6)
            if len(asked):
                found[:, fitted.classes_] = fitted.predict_proba(terms.transform([self.texts[row] for row in asked]))
            return found

        return answer


class Scene:
    """A model that was trained on old headlines, and live ones, whose labels are `true`."""

    def __init__(self, world: World, name: str, seed: int) -> None:
        self.world, self.true = world, world.true.copy()
        rng = random.Random(seed)
        clusters = rng.sample(range(CLUSTERS), CLUSTERS)
        rows = rng.sample(range(len(world.texts)), len(world.texts))
        if name == "concept":  # some topics belong under another label from now on
            for cluster in clusters[HELD_OUT : HELD_OUT + CHANGED]:
                at = np.where(world.cluster == cluster)[0]
                usual = Counter(world.true[at]).most_common(1)[0][0]
                self.true[at] = rng.choice([label for label in range(len(world.labels)) if label != usual])
        if name == "topics":  # a quarter of the topics is new
            new = [row for row in rows if world.cluster[row] in clusters[:HELD_OUT]]
            known = [row for row in rows if world.cluster[row] not in clusters[:HELD_OUT]]
            self.old, rest = known[:OLD], known[OLD:]
            count = min(len(new), len(rest))
            self.live = new[:count] + rest[:count]
            rng.shuffle(self.live)
        else:
            self.old, self.live = rows[:OLD], rows[OLD:]
        self.answer = world.model(self.old, world.true[self.old])

    def estimated(self, audited: Sequence[int], new: Sequence[int], labels: Numbers) -> Gain:
        """By the rule. labels: of all headlines, as people give them."""
        names, texts = self.world.labels, self.world.texts
        asked = [
            Audited(
                text=texts[row],
                label=names[labels[row]],
                answer=names[int(np.argmax(probabilities))],
                probabilities=dict(zip(names, probabilities, strict=True)),
            )
            for row, probabilities in zip(audited, self.answer(audited), strict=True)
        ]
        old = OldWords(
            ((texts[row], names[self.world.true[row]]) for row in self.old), labels=names, asked=asked_words(asked)
        )
        rows = [Labelled(text=texts[row], label=names[labels[row]]) for row in new]
        return gain(asked, rows, old, alpha=ALPHA)


def compared(world: World, name: str, seed: int, audits: int, uncertain: int) -> tuple[float, float, Gain]:
    """Accuracy before, true gain, and the rule's."""
    scene = Scene(world, name, seed)
    audited, pool = scene.live[:audits], scene.live[audits : audits + 4 * uncertain]
    chosen = [pool[at] for at in np.argsort(scene.answer(pool).max(axis=1))[:uncertain]]
    tested = scene.live[audits + 4 * uncertain :][:TESTED]
    new = [*audited, *chosen]
    again = world.model([*scene.old, *new], [*world.true[scene.old], *scene.true[new]])
    before, after = (
        float((model(tested).argmax(axis=1) == scene.true[tested]).mean()) for model in (scene.answer, again)
    )
    return before, after - before, scene.estimated(audited, new, scene.true)


def ever_fires(world: World, seed: int, *, looks: Sequence[int]) -> bool:
    """Whether a gain is ever shown where new rows repeat what the model knows and one label in 20 is wrong."""
    scene = Scene(world, "same", seed)
    rng = random.Random(seed)
    labels = scene.answer(list(range(len(world.texts)))).argmax(axis=1)  # people who say what the model says, mostly
    for row in scene.live:
        if rng.random() < 0.05:
            labels[row] = rng.randrange(len(world.labels))
    return any(scene.estimated(scene.live[:count], scene.live[:count], labels).low > 0 for count in looks)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("texts", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--scenes", nargs="+", default=SCENES, choices=SCENES)
    parser.add_argument("--null", type=int, default=0, help="seeds of the count of false gains")
    options = parser.parse_args()
    world, found = World(options.texts), []
    for name in options.scenes:
        for audits, uncertain in SIZES:
            runs = [compared(world, name, seed, audits, uncertain) for seed in range(options.seeds)]
            true = np.array([each for _, each, _ in runs])
            estimates = np.array([each.estimate for *_, each in runs])
            lows = np.array([each.low for *_, each in runs])
            row: dict[str, Any] = {
                "scene": name,
                "audited": audits,
                "uncertain": uncertain,
                "accuracy": float(np.mean([each for each, *_ in runs])),
                "true_gain": float(true.mean()),
                "estimate": float(estimates.mean()),
                "error": float((estimates - true).std()),
                "low": float(lows.mean()),
                "too_high": float((lows > true).mean()),
                "shown": float((lows > 0).mean()),
            }
            found.append(row)
            print(
                " ".join(
                    f"{key} {value:.4f}" if isinstance(value, float) else f"{value}" for key, value in row.items()
                ),
                flush=True,
            )
    false = sum(ever_fires(world, seed, looks=range(60, 1001, 20)) for seed in range(options.null))
    print(json.dumps({"seeds": options.seeds, "rows": found, "null": options.null, "false": false}))


if __name__ == "__main__":
    main()
