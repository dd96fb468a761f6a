"""What labels say: a share with its interval, and the agreement of labellers beyond chance. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lambda_src.common.intervals import wilson

COHEN, KRIPPENDORFF = "cohen_kappa", "krippendorff_alpha"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of `texts` texts with at least two labels: the observed agreement, and `value`, how far it is beyond chance.

    observed, value: None where they are not defined: without such texts, or where all labels are one.
    interval: of 95 % confidence, with the agreement by chance taken as it was found.
    """

    statistic: str
    texts: int
    observed: float | None = None
    value: float | None = None
    interval: tuple[float, float] | None = None


def agreement(texts: Sequence[dict[str, str]]) -> Agreement:
    """How far labellers agree. texts: for each text its labels, by labeller.

    Of two labellers Cohen's kappa (1960), whose chance is that of each labeller's own habits; of more Krippendorff's
    alpha for nominal data ("Content Analysis", chapter 12), where not everybody need label every text.
    """
    paired = [labels for labels in texts if len(labels) >= 2]
    labellers = sorted({name for labels in paired for name in labels})
    if len(labellers) <= 2:
        return _beyond_chance(COHEN, len(paired), *_cohen([tuple(labels[n] for n in labellers) for labels in paired]))
    return _beyond_chance(KRIPPENDORFF, len(paired), *_krippendorff([list(labels.values()) for labels in paired]))


def _cohen(pairs: Sequence[tuple[str, ...]]) -> tuple[float, float]:
    """(observed agreement, agreement by chance) of two labellers."""
    if not pairs:
        return 0.0, 1.0
    first, second = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    observed = sum(one == other for one, other in pairs) / len(pairs)
    return observed, sum(count * second[label] for label, count in first.items()) / len(pairs) ** 2


def _krippendorff(units: Sequence[Sequence[str]]) -> tuple[float, float]:
    """(observed agreement, agreement by chance) of any number of labellers, of whom each text has at least two."""
    totals = Counter(label for unit in units for label in unit)
    number = sum(totals.values())
    agreeing = 0.0
    for unit in units:
        counts = Counter(unit)
        agreeing += sum(count * (count - 1) for count in counts.values()) / (len(unit) - 1)
    chance = sum(count * (count - 1) for count in totals.values()) / (number * (number - 1))
    return agreeing / number, chance


def _beyond_chance(statistic: str, texts: int, observed: float, chance: float) -> Agreement:
    if not texts:
        return Agreement(statistic=statistic, texts=0)
    if chance >= 1.0:
        return Agreement(statistic=statistic, texts=texts, observed=round(observed, 4))
    low, high = ((bound - chance) / (1 - chance) for bound in wilson(observed * texts, texts))
    return Agreement(
        statistic=statistic,
        texts=texts,
        observed=round(observed, 4),
        value=round((observed - chance) / (1 - chance), 4),
        interval=(round(max(-1.0, low), 4), round(min(1.0, high), 4)),
    )
