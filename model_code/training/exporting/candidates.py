"""Measures the candidate model files through the serving code and chooses one."""

from __future__ import annotations

import gc
import math
import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from scipy.stats import beta, binomtest

from contracts.models import artifact
from contracts.models.evaluation import ExportCandidate
from model_code.serving.classifier import Classifier

FLOAT32, DYNAMIC, STATIC = "float32", "int8-dynamic", "int8-static"
BATCH_INDEPENDENT = (STATIC, FLOAT32)  # answers do not depend on the batch; the smaller file first
MIN_AGREEMENT = 0.995
EQUAL_SPEED = 1.05  # up to this many times the fastest's duration count as equally fast, because of noise
MIN_SPEEDUP = 1.2  # that DYNAMIC needs to be chosen, because its answers depend on the batch
SIGNIFICANCE = 0.05
TIMED_TEXTS = 16
BATCH = 8
ROUNDS = 9
SENSITIVITY_TEXTS = 64


@dataclass(frozen=True, kw_only=True)
class Answers:
    """A file's answers on the validation texts, compared with float32's.

    ``agreement``: share of texts with float32's label. ``accuracy``: None without true labels.
    ``max_probability_difference``: to float32 ONNX (for float32 itself, to torch). ``batch_sensitivity``: how far a
    probability differs between a text alone and in a batch.
    """

    precision: str
    agreement: float
    accuracy: float | None
    significantly_worse: bool
    max_probability_difference: float
    batch_sensitivity: float

    def as_dict(self) -> ExportCandidate:
        """For evaluation.json."""
        return cast(ExportCandidate, asdict(self))  # a test compares the names


@dataclass(frozen=True, kw_only=True)
class Durations:
    """Milliseconds of one core per text: on texts one by one, in batches of 8, and the mean of the two."""

    ms_alone: float
    ms_in_batches: float
    ms_per_text: float


@dataclass(frozen=True, kw_only=True)
class Candidate(Answers, Durations):
    """One file's figures on the validation texts."""

    megabytes: float


def probabilities(files: Mapping[str, Path], folder: Path, texts: Sequence[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Each file's probabilities, shape (texts, labels), served from the artifact in ``folder``."""
    return {name: _serving(file, folder).predict(texts) for name, file in files.items()}


def measure(
    files: Mapping[str, Path],
    folder: Path,
    texts: Sequence[str],
    *,
    answers: Mapping[str, np.ndarray[Any, Any]],
    truth: np.ndarray[Any, Any] | None,
    torch_difference: float,
) -> list[Candidate]:
    """Figures of each file in ``files``, FLOAT32 among them; ``answers`` are their probabilities for ``texts``.

    Leaves the last file as the artifact's model.
    """
    served = {name: _serving(file, folder, threads=1) for name, file in files.items()}
    spent = durations(served, texts)
    compared = {
        name: compare(name, served[name], texts, answered=answers[name], exact=answers[FLOAT32], truth=truth)
        for name in files
    }
    compared[FLOAT32] = replace(compared[FLOAT32], max_probability_difference=torch_difference)
    return [
        Candidate(**asdict(compared[name]), **asdict(spent[name]), megabytes=round(file.stat().st_size / 1e6, 2))
        for name, file in files.items()
    ]


def compare(
    precision: str,
    classifier: Classifier,
    texts: Sequence[str],
    *,
    answered: np.ndarray[Any, Any],
    exact: np.ndarray[Any, Any],
    truth: np.ndarray[Any, Any] | None,
) -> Answers:
    """How ``answered``, the probabilities of ``classifier`` for ``texts``, compare with the ``exact`` ones."""
    return Answers(
        precision=precision,
        agreement=float((answered.argmax(axis=1) == exact.argmax(axis=1)).mean()),
        accuracy=None if truth is None else float((answered.argmax(axis=1) == truth).mean()),
        significantly_worse=truth is not None and worse(answered, exact, truth),
        max_probability_difference=float(np.abs(answered - exact).max()),
        batch_sensitivity=_sensitivity(classifier, _spread(texts, SENSITIVITY_TEXTS)),
    )


def worse(probabilities: np.ndarray[Any, Any], exact: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> bool:
    """Whether ``probabilities`` miss more labels than ``exact`` do, beyond chance (one-sided McNemar test)."""
    right, exact_right = probabilities.argmax(axis=1) == truth, exact.argmax(axis=1) == truth
    lost, won = int((exact_right & ~right).sum()), int((right & ~exact_right).sum())
    return lost > won and float(binomtest(lost, lost + won, 0.5, alternative="greater").pvalue) < SIGNIFICANCE


def choose(measured: Sequence[Candidate], *, texts: int) -> tuple[Candidate, str]:
    """The candidate to serve, and the reason; ``texts``: how many the agreement was measured on.

    An int8 file is fit to serve when it agrees with float32 on MIN_AGREEMENT of the labels and is not significantly
    less accurate. Of the fit BATCH_INDEPENDENT files within EQUAL_SPEED of the fastest, the first is chosen, unless a
    fit DYNAMIC is faster by MIN_SPEEDUP.
    """
    refused = {each.precision: reason for each in measured if (reason := refusal(each, texts))}
    fit = [each for each in measured if each.precision not in refused]
    independent = [each for each in fit if each.precision in BATCH_INDEPENDENT]
    fastest = min(independent, key=lambda each: each.ms_per_text)
    equal = [each for each in independent if each.ms_per_text <= fastest.ms_per_text * EQUAL_SPEED]
    chosen = min(equal, key=lambda each: BATCH_INDEPENDENT.index(each.precision))
    faster_dynamic = [
        each for each in fit if each.precision == DYNAMIC and each.ms_per_text * MIN_SPEEDUP < chosen.ms_per_text
    ]
    chosen = faster_dynamic[0] if faster_dynamic else chosen
    parts = [f"serving {chosen.precision}: {chosen.ms_per_text:.3g} ms of a core per text"]
    parts += [f"{each.precision} {each.ms_per_text:.3g} ms" for each in measured if each is not chosen and each in fit]
    if not faster_dynamic and chosen is not fastest:
        parts.append(f"the smaller file is preferred within {EQUAL_SPEED - 1:.0%}")
    if not faster_dynamic and any(each.precision == DYNAMIC and each.ms_per_text < chosen.ms_per_text for each in fit):
        parts.append(
            f"{DYNAMIC} would have to be {MIN_SPEEDUP - 1:.0%} faster, because its answers depend on the batch"
        )
    if chosen.precision != FLOAT32:
        parts.append(
            f"by the {texts} validation texts, at most {most_differing(chosen.agreement, texts):.1%} of texts get "
            "another label than by float32 (95 % confidence)"
        )
    parts += [f"{name} {reason}" for name, reason in refused.items()]
    return chosen, "; ".join(parts)


def refusal(candidate: Answers, texts: int) -> str:
    """Why a candidate, measured on so many ``texts``, is not fit to serve; empty if it is."""
    if candidate.precision == FLOAT32:
        return ""
    # In whole texts: 0.995 * 200 is not exactly 199 in floating point.
    differing = round((1 - candidate.agreement) * texts)
    allowed = math.floor((1 - MIN_AGREEMENT) * texts + 1e-9)
    if differing > allowed:
        few = " (with so few texts, none may differ)" if allowed < 1 else ""
        return (
            f"agrees with float32 on only {candidate.agreement:.2%} of the {texts} validation texts' labels, "
            f"below {MIN_AGREEMENT:.1%}{few}"
        )
    return "is significantly less accurate than float32" if candidate.significantly_worse else ""


def most_differing(agreement: float, texts: int) -> float:
    """The upper end of the share of texts with another label than float32's (Clopper and Pearson, one-sided 95 %)."""
    differing = round((1 - agreement) * texts)
    return float(beta.ppf(0.95, differing + 1, texts - differing)) if differing < texts else 1.0


def _serving(file: Path, folder: Path, *, threads: int = 0) -> Classifier:
    shutil.copyfile(file, folder / artifact.MODEL_FILE)
    return Classifier(folder, threads=threads, native=False)  # even if an earlier export left encoder.npz in the folder


def _spread(texts: Sequence[str], count: int) -> list[str]:
    """A sample of texts, evenly spaced by length."""
    ordered = sorted(texts, key=lambda text: (len(text), text))
    step = max(len(ordered) / count, 1.0)
    return [ordered[int(index * step)] for index in range(min(len(ordered), count))]


def _sensitivity(classifier: Classifier, texts: Sequence[str]) -> float:
    alone = np.concatenate([classifier.predict([text]) for text in texts])
    return float(np.abs(classifier.predict(texts) - alone).max())


def durations(served: Mapping[str, Classifier], texts: Sequence[str]) -> dict[str, Durations]:
    """By name: medians of rounds in which the classifiers take turns, on a few of the ``texts``.

    Processor time of this thread, which does all computing: a busy machine does not distort it.
    """
    texts = _spread(texts, TIMED_TEXTS)
    ways = ([[text] for text in texts], [list(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)])
    spent: list[dict[str, list[float]]] = [{name: [] for name in served} for _ in ways]
    collecting = gc.isenabled()
    gc.disable()
    try:
        for turn in range(ROUNDS + 1):
            for way, seconds in zip(ways, spent, strict=True):
                for name, classifier in served.items():
                    before = time.thread_time()
                    for batch in way:
                        classifier.predict(batch)
                    if turn:  # the first one warms up
                        seconds[name].append(time.thread_time() - before)
    finally:
        if collecting:
            gc.enable()
    alone, together = (
        {name: statistics.median(seconds) * 1000 / len(texts) for name, seconds in each.items()} for each in spent
    )
    return {
        name: Durations(
            ms_alone=round(alone[name], 4),
            ms_in_batches=round(together[name], 4),
            ms_per_text=round((alone[name] + together[name]) / 2, 4),
        )
        for name in served
    }
