"""What the newest answered texts of a model say: its accuracy without labels, and what an alarm is about. No I/O.

The texts are those of the log as the report is written: what was erased or has expired by then is not among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from contracts.logs import audit
from contracts.logs.audit import Sampled
from contracts.logs.request_log import Item
from contracts.models.baseline import Baseline
from contracts.texts import text_normalization
from lambda_src.drift import log
from lambda_src.drift.accuracy import label_shift
from lambda_src.drift.accuracy.audit import Audit, Bound
from lambda_src.drift.accuracy.label_shift import Estimate
from lambda_src.drift.accuracy.verdict import verdict
from lambda_src.drift.explain import Term, Text, explain
from lambda_src.drift.statistics.monitor import Bin, StreamState
from lambda_src.drift.statistics.recent import Recent
from lambda_src.drift.statistics.signatures import of_text

# Probabilities that an estimate reads at most, half a minute of work: with many labels, fewer texts.
MOST_PROBABILITIES = 25_000
_DECIMALS = 4

NO_PROBABILITIES = "The newest answers have no probabilities."
TOO_FEW = f"Fewer than {label_shift.FEWEST} of the newest answers have probabilities."
NO_DRIFT = "Nothing has drifted."
NO_TEXTS = "The request log keeps no texts (data.request_log_text): only labels are named."


def accuracy(
    items: Sequence[Item], reference: Baseline, labels: Mapping[str, list[str]], sample: Sequence[Sampled]
) -> tuple[dict[str, Any] | None, str]:
    """The estimate by label-shift correction beside the bounds by the labels of the audit sample, or why neither is.

    labels: lists of labels by their id. sample: labelled texts, in the order of their labels; those without a label
    that counts are counted as waiting.
    """
    names = reference["labels"]
    # One text of a request: those of one request need not be independent.
    chosen = {item["request_id"]: log.probabilities(item, labels) for item in items}
    known = [[row.get(name, 0.0) for name in names] for row in chosen.values() if any(map(row.get, names))]
    found = label_shift.estimate(known[-max(1, MOST_PROBABILITIES // len(names)) :], reference["prior"])
    counted, waiting = Audit(), 0
    for item in sample:
        decides = audit.deciding(item["given"])
        if decides is None:
            waiting += 1
        else:
            counted.add(is_right=decides.label == item["label"])
    if found is None and not sample:
        return None, TOO_FEW if known else NO_PROBABILITIES
    said = verdict(found, counted.late())
    document = {
        "estimate": _estimate(found, reference) if found else None,
        "audit": {"whole": _bound(counted.whole()), "late": _bound(counted.late())} if waiting < len(sample) else None,
        "waiting": waiting,
        "verdict": said.kind,
        "sentence": said.sentence,
    }
    return document, ""


def _estimate(found: Estimate, reference: Baseline) -> dict[str, Any]:
    shares = zip(reference["labels"], reference["prior"], found.shares, strict=True)
    return {
        "texts": found.texts,
        "accuracy": _round(found.accuracy),
        "low": _round(found.low),
        "high": _round(found.high),
        "reference": _round(reference["accuracy"]),
        "labels": [{"label": name, "reference": _round(before), "live": _round(now)} for name, before, now in shares],
    }


def _bound(bound: Bound) -> dict[str, Any]:
    return {"texts": bound.texts, "right": bound.right, "low": _round(bound.low), "high": _round(bound.high)}


def explanation(
    items: Sequence[Item], reference: Baseline, streams: Sequence[StreamState]
) -> tuple[dict[str, Any] | None, str]:
    """What an alarm is about: labels that grew and, if the log keeps texts, terms and typical texts."""
    if all(stream.alarm_since is None for stream in streams):
        return None, NO_DRIFT
    texts: list[Text] = []
    seen = Recent()
    for item in items:
        text = text_normalization.normalised(item.get("text", ""))
        # As the monitor does: a story that comes again and again is one text.
        if text and seen.is_new(of_text(text)):
            texts.append(Text(request_id=item["request_id"], position=int(item["position"]), text=text))
    found = explain(reference, texts, streams)
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
