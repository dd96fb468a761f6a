"""What a look says of a model: `contracts.logs.drift_report`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from contracts.logs import drift_report
from contracts.logs.audit import Sampled
from contracts.logs.drift_report import Report, Stream
from contracts.logs.request_log import Item
from lambda_src.drift import newest, slices
from lambda_src.drift.log import Key
from lambda_src.drift.models import Model
from lambda_src.drift.statistics.monitor import StreamState

_DECIMALS = 4
_NO_TIME = "The look had no time left for it."

_NAMES = {
    "predicted_label": "the predicted labels",
    "confidence": "the confidence",
    "length": "the texts' length",
    "unknown_pieces": "the share of unknown word pieces",
    "unseen_words": "the share of words that training never saw",
}


class LogPort(Protocol):
    """The request log (log.Log)."""

    def texts(self, keys: Sequence[Key]) -> dict[Key, Item]: ...
    def labelled(self, model_version: str, *, since: str, until: str) -> list[Sampled]: ...
    def labels(self, ids: Iterable[str]) -> dict[str, list[str]]: ...


def explained(report: Report, model: Model, log: LogPort) -> Report:
    """The report with what the newest texts say. Raises what the log raises."""
    if model.reference is None or model.monitor is None:
        return {**report, "accuracy_reason": report["reason"], "explanation_reason": report["reason"]}
    found = log.texts(model.recent)
    items = [found[key] for key in model.recent if key in found]
    labels = log.labels(item["labels_id"] for item in items if "labels_id" in item)
    sample = log.labelled(model.version, since=model.since, until=model.until) if model.since else []
    accuracy, no_accuracy = newest.accuracy(items, model.reference, labels, sample)
    explanation, no_explanation = newest.explanation(items, model.reference, model.monitor.streams())
    return {
        **report,
        "accuracy": accuracy,
        "accuracy_reason": no_accuracy,
        "explanation": explanation,
        "explanation_reason": no_explanation,
    }


def build(model: Model, *, written: str, until: str, behind: int) -> Report:
    """A model's report by what was counted alone.

    until: the time to which the log was counted; behind: seconds from there to what could have been.
    """
    streams = [_stream(model, state) for state in (model.monitor.streams() if model.monitor else [])]
    status, reason = _verdict(model, streams)
    reference = model.reference
    document: Report = {
        "layout": drift_report.LAYOUT,
        "model_version": model.version,
        "written": written,
        "status": status,
        "reason": reason,
        "since": model.since,
        "until": until,
        "behind_seconds": behind,
        "counted": model.counts.document(),
        "promise": model.promise,
        "reference": {"texts": reference["texts"], "length_unit": reference["length_unit"]} if reference else None,
        "streams": streams,
        "accuracy": None,
        "accuracy_reason": _NO_TIME,
        "explanation": None,
        "explanation_reason": _NO_TIME,
    }
    if found := slices.report(model.slices):
        document["slices"] = found
    return document


def _verdict(model: Model, streams: list[Stream]) -> tuple[str, str]:
    if model.fault[0]:
        return model.fault
    alarms = [stream for stream in streams if stream["alarm"] is not None]
    if alarms:
        moved = " and ".join(_NAMES[stream["name"]] for stream in alarms)
        points = model.promise["tolerance"] * 100
        return drift_report.DRIFT, f"{moved.capitalize()} moved by more than {points:g} points of a share."
    requests = model.counts.requests
    if requests < drift_report.FEWEST_REQUESTS:
        counted = f"{requests} request{'' if requests == 1 else 's'}"
        return drift_report.TOO_FEW, f"{counted} so far: too few to say, from {drift_report.FEWEST_REQUESTS} on."
    unknown = model.counts.unknown_labels
    left_out = f" {unknown} answers have a label that the reference does not have." if unknown else ""
    return drift_report.STEADY, f"No evidence of drift in {requests:,} requests.{left_out}"


def _stream(model: Model, state: StreamState) -> Stream:
    return {
        "name": state.name,
        "requests": state.requests,
        "log10_evidence": round(state.log10_evidence, _DECIMALS),
        "log10_threshold": round(state.log10_threshold, _DECIMALS),
        "alarm": model.alarms.get(state.name),
        "evidence": model.evidence.get(state.name, []),
        "shares": [
            {
                "name": each.name,
                "reference": round(each.reference, _DECIMALS),
                "low": round(each.low, _DECIMALS),
                "high": round(each.high, _DECIMALS),
                "live": None if each.live is None else round(each.live, _DECIMALS),
                "late": None if each.late is None else round(each.late, _DECIMALS),
            }
            for each in state.bins
        ],
        "moved": state.moved_most,
    }
