"""Chooses the model that serves from their answers on the validation texts.

A dearer model replaces a cheaper one only if it is better beyond chance and by enough to be worth its price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from model_code.training.settings import BLEND, ENCODER, LINEAR

ORDER = (LINEAR, ENCODER, BLEND)  # from the cheapest to the dearest
SIGNIFICANCE = 0.01  # strict: the encoder's epoch was chosen on the same texts, which flatters it
MIN_GAIN = 0.02  # of the log loss, that a dearer model must save
RULE = (
    "the cheapest of linear, encoder and blend, unless a dearer one has a lower log loss on the validation texts, by "
    f"{MIN_GAIN:.0%} or more and beyond chance (paired by text, whole groups, one-sided p below {SIGNIFICANCE}), "
    "and no lower accuracy"
)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Answers:
    """A kind's answers on the validation texts: each text's log loss, and whether its label is right; (texts,) each."""

    kind: str
    losses: Array
    right: Array


@dataclass(frozen=True)
class Judged:
    """How a dearer kind compares with the one that had been chosen before it."""

    kind: str
    against: str
    gain: float  # mean log loss saved
    p: float
    better: bool

    def sentence(self) -> str:
        """For people."""
        verdict = "better" if self.better else "not better by enough"
        return f"{self.kind} is {verdict} than {self.against}: log loss {-self.gain:+.4f}, p {self.p:.2g}"


def choose(answers: Sequence[Answers], groups: Sequence[str]) -> tuple[str, list[Judged]]:
    """The kind to serve, and each comparison. ``groups``: of each text; those of one group count as one."""
    known = {each.kind: each for each in answers}
    kinds = [kind for kind in ORDER if kind in known]
    chosen, judged = kinds[0], []
    for kind in kinds[1:]:
        verdict = judge(known[kind], known[chosen], groups)
        judged.append(verdict)
        if verdict.better:
            chosen = kind
    return chosen, judged


def judge(dearer: Answers, cheaper: Answers, groups: Sequence[str]) -> Judged:
    """Whether the dearer is better by RULE."""
    saved = cheaper.losses - dearer.losses
    place = {name: at for at, name in enumerate(dict.fromkeys(groups))}
    sums = np.zeros(len(place))
    np.add.at(sums, [place[name] for name in groups], saved)
    spread = float(sums.std(ddof=1)) * math.sqrt(len(sums)) if len(sums) > 1 else 0.0
    p = float(norm.sf(sums.sum() / spread)) if spread > 0 else 1.0
    better = (
        p < SIGNIFICANCE
        and float(saved.mean()) >= MIN_GAIN * float(cheaper.losses.mean())
        and int(dearer.right.sum()) >= int(cheaper.right.sum())
    )
    return Judged(dearer.kind, cheaper.kind, float(saved.mean()), p, better)
