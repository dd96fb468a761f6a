"""Whether the new model is worse than the approved one on the same test texts, text by text. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.models.evaluation import ChampionFigures, Comparison, Evaluation
from lambda_src.pipeline.gate.errors import EvaluationMissing
from lambda_src.pipeline.gate.figures import figure, is_object

_WHERE = "evaluation.json's champion"
# Half a step of the sixth decimal: 0.91 - 0.90 is 0.010000000000000009 in binary.
_ROUNDING = 5e-7
_FIGURES = (("accuracy", "accuracy"), ("macro_f1", "macro F1"))


@dataclass(frozen=True, kw_only=True)
class RegressionLimits:
    """The largest measured fall (0 to 1) that is allowed, and the largest that may remain possible."""

    max_regression: float
    max_possible_regression: float


@dataclass(frozen=True)
class Verdict:
    """Reasons against the model (empty: it passes), and a clause on how the two models compare."""

    faults: list[str]
    summary: str


@dataclass(frozen=True, kw_only=True)
class _Difference:
    """New minus approved, its interval, and whether the evidence says that the new model is worse."""

    title: str
    value: float
    low: float
    high: float
    proven_worse: bool

    def __str__(self) -> str:
        return f"{self.title} {self.value:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def judge(evaluation: Evaluation, champion: ChampionFigures, *, limits: RegressionLimits) -> Verdict:
    """Compare with the approved model: by `champion.comparison`, or by the bare difference where there is none.

    Raises EvaluationMissing for figures that cannot be judged.
    """
    version = str(champion.get("model_version") or "the approved model")
    paired = champion.get("comparison")
    if paired is None:
        return _by_difference(evaluation, champion, version=version, limits=limits)
    if not is_object(paired):
        raise EvaluationMissing(f"{_WHERE} has a comparison that is not an object")
    return _by_pairs(paired, version=version, limits=limits)


def _by_pairs(paired: Comparison, *, version: str, limits: RegressionLimits) -> Verdict:
    texts, won, lost = (_count(paired, name) for name in ("texts", "only_new_right", "only_old_right"))
    p = figure(paired, "mcnemar_p", where=f"{_WHERE}'s comparison")
    level = figure(paired, "confidence_level", where=f"{_WHERE}'s comparison")
    differences = list(_differences(paired, p=p, level=level))
    pairs = (
        f"of {texts:,} test texts only the new model got {won:,} right and only {version} {lost:,} "
        f"(McNemar p {p:.2g}); differences with their {level:.0%} intervals: {', '.join(map(str, differences))}"
    )
    faults = []
    doubtful = []
    for difference in differences:
        if difference.value < -limits.max_regression - _ROUNDING:
            if difference.proven_worse:
                faults.append(
                    f"{difference.title} is {-difference.value:.4f} below that of {version}, more than "
                    f"{limits.max_regression:g}, and not by chance"
                )
                continue
            doubtful.append(difference.title)
        if difference.low < -limits.max_possible_regression - _ROUNDING:
            faults.append(
                f"{texts:,} test texts are too few to tell: {difference.title} may have fallen by "
                f"{-difference.low:.4f}, more than max_possible_regression {limits.max_possible_regression:g} "
                "(test on more texts, or raise that limit)"
            )
    if faults:
        return Verdict([*faults, pairs], pairs)
    if doubtful:
        words = " and ".join(doubtful)
        return Verdict([], f"{words} fell by more than {limits.max_regression:g}, which may be chance: {pairs}")
    return Verdict([], f"no worse than {version}: {pairs}")


def _differences(paired: Comparison, *, p: float, level: float) -> Iterator[_Difference]:
    for name, title in _FIGURES:
        value = _signed(paired.get(f"{name}_difference"), name=f"{name}_difference")
        interval = paired.get(f"{name}_difference_interval")
        if not isinstance(interval, list) or len(interval) != 2:
            raise EvaluationMissing(f"{_WHERE}'s comparison has no {name}_difference_interval of two numbers")
        low, high = (_signed(end, name=f"{name}_difference_interval") for end in interval)
        # McNemar's test is about accuracy; for macro F1 the interval says whether a fall may be chance.
        proven = p < 1 - level if name == "accuracy" else high < 0
        yield _Difference(title=title, value=value, low=low, high=high, proven_worse=proven)


def _by_difference(
    evaluation: Evaluation, champion: ChampionFigures, *, version: str, limits: RegressionLimits
) -> Verdict:
    faults = []
    for name, title in _FIGURES:
        new, old = figure(evaluation, name), figure(champion, name, where=_WHERE)
        if old - new > limits.max_regression + _ROUNDING:
            fall = f"{title} {new:.4f} is {old - new:.4f} below the {old:.4f} of {version}"
            faults.append(f"{fall}, more than {limits.max_regression:g}")
    bare = "compared by the bare difference, as this evaluation has no comparison text by text"
    return Verdict([*faults, bare] if faults else [], f"no worse than {version} ({bare})")


def _count(paired: Comparison, name: str) -> int:
    value = paired.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise EvaluationMissing(f"{_WHERE}'s comparison has no count {name} (it has {value!r})")
    return value


def _signed(value: Any, *, name: str) -> float:
    """A difference between -1 and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1:
        raise EvaluationMissing(f"{_WHERE}'s comparison has no {name} between -1 and 1 (it has {value!r})")
    return float(value)
