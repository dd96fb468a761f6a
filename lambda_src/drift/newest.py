"""What the newest answered texts of a model say: its accuracy without labels, and what an alarm is about. No I/O.

The texts are those of the log as the report is written: what was erased or has expired by then is not among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from contracts.logs.request_log import Item
from contracts.models.baseline import Baseline
from contracts.texts import text_normalization
from lambda_src.drift import log
from lambda_src.drift.accuracy import label_shift
from lambda_src.drift.explain import LiveTerms, Term, Text, explain
from lambda_src.drift.statistics.monitor import Bin, StreamState
from lambda_src.drift.statistics.recent import Recent
from lambda_src.drift.statistics.signatures import of_text

# Probabilities that an estimate reads at most: with many labels, fewer texts.
MOST_PROBABILITIES = 200_000
_DECIMALS = 4

NO_PROBABILITIES = "The newest answers have no probabilities."
TOO_FEW = f"Fewer than {label_shift.FEWEST} of the newest answers have probabilities."
NO_DRIFT = "Nothing has drifted."
NO_TEXTS = "The request log keeps no texts (data.request_log_text): only labels are named."


def accuracy(
    items: Sequence[Item], reference: Baseline, labels: Mapping[str, list[str]]
) -> tuple[dict[str, Any] | None, str]:
    """The estimate by label-shift correction, or why there is none. labels: lists of labels by their id."""
    names = reference["labels"]
    rows = [log.probabilities(item, dict(labels)) for item in items]
    known = [[row.get(name, 0.0) for name in names] for row in rows if any(row.get(name) for name in names)]
    found = label_shift.estimate(known[-max(1, MOST_PROBABILITIES // len(names)) :], reference["prior"])
    if found is None:
        return None, TOO_FEW if known else NO_PROBABILITIES
    shares = [
        {"label": name, "reference": _round(before), "live": _round(now)}
        for name, before, now in zip(names, reference["prior"], found.shares, strict=True)
    ]
    estimate = {
        "texts": found.texts,
        "accuracy": _round(found.accuracy),
        "low": _round(found.low),
        "high": _round(found.high),
        "reference": _round(reference["accuracy"]),
        "labels": shares,
    }
    return {"estimate": estimate}, ""


def explanation(
    items: Sequence[Item], reference: Baseline, streams: Sequence[StreamState]
) -> tuple[dict[str, Any] | None, str]:
    """What an alarm is about: labels that grew and, if the log keeps texts, terms and typical texts."""
    if all(stream.alarm_since is None for stream in streams):
        return None, NO_DRIFT
    terms, seen = LiveTerms(reference), Recent()
    for item in items:
        text = text_normalization.normalised(item.get("text", ""))
        # As the monitor does: a story that comes again and again is one text.
        if text and seen.is_new(of_text(text)):
            terms.add(Text(request_id=item["request_id"], position=int(item["position"]), text=text))
    found = explain(reference, terms, streams)
    document = {
        "texts": found.texts,
        "more": [_term(each) for each in found.more],
        "less": [_term(each) for each in found.less],
        "typical": [asdict(each) for each in found.typical],
        "grown": [_label(each) for each in found.grown],
    }
    return document, "" if found.texts else NO_TEXTS


def _term(term: Term) -> dict[str, Any]:
    return {"term": term.term, "reference": _round(term.reference), "live": _round(term.live)}


def _label(label: Bin) -> dict[str, Any]:
    return {"label": label.name, "reference": _round(label.reference), "live": _round(label.late or 0.0)}


def _round(figure: float) -> float:
    return round(figure, _DECIMALS)
