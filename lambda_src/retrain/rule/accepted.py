"""Which new rows a version would take, as far as it can be told without folding the whole dataset. No I/O.

A freeze judges in the same way (`model_code.training.versions.judge`) and, besides, compares each row with its near
duplicates; so it may take fewer rows, never others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.datasets.ledger import Event
from contracts.datasets.votes import Folded, fold, of_too_many
from contracts.texts import text_normalization
from lambda_src.retrain.rule.evidence import Rows
from lambda_src.retrain.rule.gain import Labelled

UNKNOWN = "with a label that the model does not have"
CONTRADICTS = "that contradict the dataset"
SHARE = "too many from one untrusted key"
NO_TEXT = "without a text"


@dataclass(frozen=True, kw_only=True)
class OldRow:
    """A row that the model's dataset has. settled: whether its label came from an event that the ledger still
    has, and may change.
    """

    label: str
    settled: bool


@dataclass(frozen=True)
class Accepted:
    """The rows, and how many were accepted and left."""

    rows: list[Labelled]
    counts: Rows


def accepted(
    events: Mapping[str, Sequence[Event]],
    *,
    mapping: Mapping[str, str | None],
    labels: Collection[str],
    old: Mapping[str, OldRow],
    untrusted_share: float,
    frozen_until: str = "",
) -> Accepted:
    """events: by row. mapping: of `data.labels`. labels: the model's. old: the model's rows, of those asked about.

    untrusted_share: the largest share of the new rows of which one untrusted key may have given the label.
    frozen_until: up to when the newest dataset version, or a run that found nothing new, knows the labels.
    """
    taken: list[Folded] = []
    others = Counter[str]()
    for row_id in sorted(events):
        folded, before = fold(row_id, events[row_id], labels=mapping), old.get(row_id)
        if not folded.reason and before is not None and before.label == folded.label:
            continue
        reason = folded.reason or _reason(folded, before, labels)
        if reason:
            others[reason] += 1
        else:
            taken.append(folded)
    too_many = of_too_many(taken, share=untrusted_share)
    kept = [each for each in taken if each.row_id not in too_many]
    others[SHARE] += len(taken) - len(kept)
    rows = [Labelled(text=text_normalization.normalised(each.text), label=each.label) for each in kept]
    frozen = sum(max(event["time"] for event in events[each.row_id]) <= frozen_until for each in kept)
    counted = {name: count for name, count in others.items() if count}
    return Accepted(rows, Rows(accepted=len(kept), frozen=frozen, others=counted))


def _reason(folded: Folded, before: OldRow | None, labels: Collection[str]) -> str:
    if not text_normalization.normalised(folded.text):
        return NO_TEXT
    if folded.label not in labels:
        return UNKNOWN
    if before is not None and not before.settled and not folded.reviewed:
        return CONTRADICTS
    return ""
