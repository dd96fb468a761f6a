"""What the estimate without labels and the bound by labels say together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lambda_src.drift.accuracy.audit import Bound
from lambda_src.drift.accuracy.label_shift import Estimate

FEWEST_LABELS = 20

Kind = Literal["too_few_answers", "too_few_labels", "agree", "lower_than_expected", "higher_than_expected"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """In one sentence, too."""

    kind: Kind
    sentence: str


def verdict(estimate: Estimate | None, bound: Bound) -> Verdict:
    """Of the recent answers' estimate, and the bound of the late labels of the random sample."""
    if estimate is None:
        return Verdict(kind="too_few_answers", sentence="There are too few answers with probabilities for an estimate.")
    if bound.texts < FEWEST_LABELS:
        return Verdict(
            kind="too_few_labels",
            sentence=f"The estimate without labels stands alone: the random sample has {bound.texts} labels, "
            f"and {FEWEST_LABELS} are needed to check it.",
        )
    if bound.high < estimate.low:
        return Verdict(
            kind="lower_than_expected",
            sentence=f"The relation of texts to labels has changed: at most {bound.high:.1%} of the answers are right, "
            f"where at least {estimate.low:.1%} were to be expected.",
        )
    if bound.low > estimate.high:
        return Verdict(
            kind="higher_than_expected",
            sentence=f"The model is more often right than its probabilities say: in at least {bound.low:.1%} of the "
            f"answers, where at most {estimate.high:.1%} were to be expected.",
        )
    return Verdict(kind="agree", sentence="The labels of the random sample agree with the estimate without labels.")
