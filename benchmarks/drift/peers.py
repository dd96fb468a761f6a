"""What is usually done: a look a day at the day's texts, beside the reference's.

Evidently's rules are those that it chooses itself for a reference of more than 1,000 rows (0.7.23,
calculations/stattests/registry.py): for a text column the ROC AUC of a classifier that tells new texts from old ones is
above 0.55; for a label column the Jensen-Shannon distance is at least 0.1. `--evidently` holds them to the package.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy.spatial import distance
from scipy.stats import chi2_contingency
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from benchmarks.drift.population import Population
from benchmarks.drift.traffic import Mixture

Array: TypeAlias = np.ndarray[Any, Any]
Rule: TypeAlias = Callable[[Population, Array, Array], bool]

DAY = 500  # texts
AUC, DISTANCE, LEVEL = 0.55, 0.1, 0.05
_WORKER = Path(__file__).with_name("evidently_worker.py")


def text_rule(population: Population, reference: Array, day: Array) -> bool:
    """Evidently's for a text column."""
    texts = [population.texts[place] for place in (*reference, *day)]
    new = np.repeat([0, 1], [len(reference), len(day)])
    fit, judge, fit_new, judge_new = train_test_split(texts, new, test_size=0.5, random_state=42, shuffle=True)
    classifier = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, max_df=0.5, stop_words="english"),
        SGDClassifier(alpha=1e-4, max_iter=50, penalty="l1", loss="modified_huber", random_state=42),
    ).fit(fit, fit_new)
    return bool(roc_auc_score(judge_new, classifier.predict_proba(judge)[:, 1]) > AUC)


def label_rule(population: Population, reference: Array, day: Array) -> bool:
    """Evidently's for a label column, on the predicted labels."""
    shares = [_counts(population, places) / len(places) for places in (reference, day)]
    return bool(distance.jensenshannon(*shares) >= DISTANCE)


def chi_squared(population: Population, reference: Array, day: Array) -> bool:
    """A test of the predicted labels' homogeneity at 5 %."""
    table = np.stack([_counts(population, reference), _counts(population, day)])
    return bool(chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue < LEVEL)


RULES: dict[str, Rule] = {"evidently_text": text_rule, "evidently_label": label_rule, "daily_chi_squared": chi_squared}


def first_alarms(
    population: Population,
    rule: Rule,
    undrifted: Array,
    live: Array,
    *,
    reference: int,
    streams: int,
    days: int,
    seed: int,
) -> Array:
    """Of each stream, the texts up to the end of the first day that the rule flags; infinity if there is none."""
    chance = np.random.default_rng(seed)
    before, now = Mixture.of(undrifted), Mixture.of(live)
    found = np.full(streams, np.inf)
    for stream in range(streams):
        drawn = before.draw(chance, (reference,))
        for day in range(1, days + 1):
            if rule(population, drawn, now.draw(chance, (DAY,))):
                found[stream] = day * DAY
                break
    return found


def agreement(population: Population, undrifted: Array, live: Array, *, python: str, windows: int) -> str:
    """How many verdicts of both rules are those of the package, run by another Python that has it."""
    chance = np.random.default_rng(3)
    cases, mine = [], []
    for number in range(windows):
        reference = Mixture.of(undrifted).draw(chance, (1500,))
        day = Mixture.of(live if number % 2 else undrifted).draw(chance, (DAY,))
        cases.append([_columns(population, reference), _columns(population, day)])
        mine.append([text_rule(population, reference, day), label_rule(population, reference, day)])
    ran = subprocess.run([python, str(_WORKER)], input=json.dumps(cases), capture_output=True, text=True, check=True)
    package = json.loads(ran.stdout.splitlines()[-1])
    same = sum(
        one == other
        for ours, theirs in zip(mine, package, strict=True)
        for one, other in zip(ours, theirs, strict=True)
    )
    return f"{same} of {2 * windows}"


def _columns(population: Population, places: Array) -> dict[str, Sequence[Any]]:
    labels = [population.labels[number] for number in population.predicted[places]]
    return {"text": [population.texts[place] for place in places], "label": labels}


def _counts(population: Population, places: Array) -> Array:
    return np.bincount(population.predicted[places], minlength=len(population.labels))
