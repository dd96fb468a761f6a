"""Other rules that decide between two models, written anew; `agreement` holds two of them to their packages."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy.special import betaln

Array: TypeAlias = np.ndarray[Any, Any]

ALPHA = 0.05
TUNED_FOR = 5_000  # gbstats' default number of units at which its interval is narrowest
FEWEST = 50  # labels of an arm, before which an asymptotic interval is not looked at
Z = 1.959964

_WORKER = Path(__file__).with_name("packages_worker.py")


def never(found: Array) -> Array:
    """Of rows of verdicts by label, the number of the first label with one; infinity where there is none."""
    first: Array = np.where(found.any(axis=1), found.argmax(axis=1) + 1.0, np.inf)
    return first


def half_width(mean_a: Array, mean_b: Array, size: Array) -> Array:
    """Of GrowthBook's sequential interval (gbstats 0.8.0) of the difference of two shares; size: of each arm."""
    both = 2 * size
    squared = (-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA) + 1)) / TUNED_FOR
    spread = (mean_a * (1 - mean_a) + mean_b * (1 - mean_b)) / size * both
    grown = both * squared + 1
    width: Array = np.sqrt(spread * 2 * grown * np.log(np.sqrt(grown) / ALPHA) / (both**2 * squared))
    return width


def unpaired(right_a: Array, right_b: Array) -> Array:
    """Labels, both arms together, until the interval excludes 0; rows are tests, columns texts of each arm (bool)."""
    size = np.arange(1, right_a.shape[1] + 1)
    mean_a, mean_b = right_a.cumsum(axis=1) / size, right_b.cumsum(axis=1) / size
    found = (np.abs(mean_a - mean_b) > half_width(mean_a, mean_b, size)) & (size >= FEWEST)
    return 2 * never(found)


def log_uniform(won: Array, labels: Array) -> Array:
    """Log of the evidence against a share of 1/2 from a uniform prior (ville 0.1.0's BernoulliTest), both sides."""
    evidence: Array = betaln(won + 1, labels - won + 1) + labels * math.log(2)
    return evidence


def uniform(won: Array) -> Array:
    """Labels until that evidence reaches 1/alpha; rows are tests, columns disagreements that one model got right."""
    labels = np.arange(1, won.shape[1] + 1)
    return never(log_uniform(won.cumsum(axis=1), labels) >= math.log(1 / ALPHA))


def peeking(won: Array) -> Array:
    """Labels until a sign test at 5 %, made anew after each label from the 20th on, finds a difference."""
    labels = np.arange(1, won.shape[1] + 1)
    return never((np.abs(2 * won.cumsum(axis=1) - labels) > Z * np.sqrt(labels)) & (labels >= 20))


def once(champion: float, challenger: float) -> tuple[int, int]:
    """Labels that tests at 5 % need that look only once, at 80 % power: unpaired, and paired on disagreements.

    champion, challenger: shares of the texts that only that one gets right; accuracies are taken as 90 % and more.
    """
    power = 0.841621
    first, second = 0.9, 0.9 + challenger - champion
    arm = (Z + power) ** 2 * (first * (1 - first) + second * (1 - second)) / (second - first) ** 2
    p = challenger / (challenger + champion)
    pairs = (Z * 0.5 + power * math.sqrt(p * (1 - p))) ** 2 / (p - 0.5) ** 2
    return 2 * math.ceil(arm), math.ceil(pairs)


def agreement(python: str, *, cases: int, seed: int) -> dict[str, float]:
    """The largest relative differences to the packages' own half widths and evidence; python: one that has them."""
    chance = np.random.default_rng(seed)
    sizes = chance.integers(60, 5_000, size=cases)
    means = np.round(chance.uniform(0.6, 0.95, size=(2, cases)) * sizes) / sizes
    won = chance.random((cases, 120)) < chance.uniform(0.3, 0.8, size=(cases, 1))
    asked = {"sizes": sizes.tolist(), "means": means.tolist(), "won": won.astype(int).tolist()}
    done = subprocess.run([python, str(_WORKER)], input=json.dumps(asked), text=True, capture_output=True, check=True)
    theirs = json.loads(done.stdout)
    ours = half_width(means[0], means[1], sizes)
    evidence = log_uniform(won.sum(axis=1), np.full(cases, 120))
    return {
        "gbstats": float(np.abs(ours / np.array(theirs["half_widths"]) - 1).max()),
        "ville": float(np.abs(evidence - np.array(theirs["log_evidence"])).max()),
    }
