"""Whether the texts that a model classifies have moved away from those it was measured on.

What is promised: if every stream stays within `tolerance` of the reference, the probability that there is *ever* an
alarm is at most alpha, for one model version and all streams together. `side` says what "stays within" means and why
it holds; a stream alarms at (number of streams)/alpha, so that the streams share alpha equally.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.models import baseline
from contracts.models.baseline import Baseline
from lambda_src.drift.statistics.observation import Observation
from lambda_src.drift.statistics.recent import Recent
from lambda_src.drift.statistics.stream import Stream

LAYOUT = 1  # of `document`; to be raised with every change of a number in `side`, `starts` or `stream`
TOLERANCE, ALPHA = 0.02, 0.001
_ERROR_95 = 1.959964


class StateError(ValueError):
    """A stored state does not belong to the reference or to this version; one sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """A label, or a range of a measure.

    low, high: the 95 % interval (Wilson) of the reference's share; live: the share since the start, late: of the last
    500 to 1,000 requests, both means over requests; None before the first.
    """

    name: str
    reference: float
    low: float
    high: float
    live: float | None
    late: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamState:
    """A stream as it stands. alarm_since: the request at which the evidence first reached the threshold.

    log10_evidence: after the last whole block of requests; 0 before the first. moved_most: of the bins, the one whose
    late share is furthest outside the interval of the reference, in percentage points; None if all are inside.
    """

    name: str
    requests: int
    log10_evidence: float
    log10_threshold: float
    alarm_since: int | None
    bins: list[Bin]
    moved_most: str | None


class Monitor:
    """Evidence of drift of one model version. Its size does not depend on the number of texts."""

    def __init__(self, reference: Baseline, *, alpha: float, tolerance: float) -> None:
        if not 0 < alpha < 1 or not 0 < tolerance < 1:
            raise ValueError("alpha and tolerance must lie between 0 and 1")
        self.reference, self.alpha, self.tolerance = reference, alpha, tolerance
        self.requests = 0
        self._recent = Recent()
        self._labels = {label: number for number, label in enumerate(reference["labels"])}
        names = [name for name in baseline.STREAMS if name in reference["streams"]]
        self._streams = {
            name: Stream(
                reference["streams"][name]["counts"],
                ordered=name != baseline.PREDICTED_LABEL,
                tolerance=tolerance,
                threshold=math.log(len(names) / alpha),
            )
            for name in names
        }

    @classmethod
    def start(cls, reference: Baseline, *, alpha: float = ALPHA, tolerance: float = TOLERANCE) -> Monitor:
        """Before the first request of a model version."""
        return cls(reference, alpha=alpha, tolerance=tolerance)

    def add(self, request: Sequence[Observation]) -> None:
        """Counts a request; a text that is a near duplicate of one counted lately is left out.

        Requests may come in any order that does not depend on what they say. All labels are the reference's.
        """
        new = [each for each in request if each.signature is None or self._recent.is_new(each.signature)]
        self.requests += 1
        for name, stream in self._streams.items():
            if bins := self._bins(name, new):
                stream.add(bins, request=self.requests)

    def _bins(self, name: str, texts: Sequence[Observation]) -> list[int]:
        """The bins of those texts that have this measure."""
        if name == baseline.PREDICTED_LABEL:
            return [self._labels[each.label] for each in texts]
        edges = self.reference["streams"][name]["edges"]
        values = (getattr(each, name) for each in texts)
        return [baseline.bin_of(value, edges) for value in values if value is not None]

    def streams(self) -> list[StreamState]:
        """Every stream of the reference, in the order of `baseline.STREAMS`."""
        return [self._state(name, stream) for name, stream in self._streams.items()]

    def _state(self, name: str, stream: Stream) -> StreamState:
        names = _names(self.reference["streams"][name].get("edges"), self.reference["labels"])
        size = sum(stream.counts)
        live, late = stream.shares.live(), stream.shares.late()
        bins = [
            Bin(
                name=names[number],
                reference=count / size if size else 0.0,
                **dict(zip(("low", "high"), interval(count, size), strict=True)),
                live=live[number] if stream.requests else None,
                late=late[number] if stream.requests else None,
            )
            for number, count in enumerate(stream.counts)
        ]
        evidence = stream.evidence()
        return StreamState(
            name=name,
            requests=stream.requests,
            log10_evidence=evidence / math.log(10) if evidence > -math.inf else 0.0,
            log10_threshold=stream.threshold / math.log(10),
            alarm_since=stream.alarm,
            bins=bins,
            moved_most=_moved_most(bins),
        )

    def document(self) -> dict[str, Any]:
        """The state, for JSON."""
        return {
            "layout": LAYOUT,
            "model_version": self.reference["model_version"],
            "reference": _counts(self.reference),
            "alpha": self.alpha,
            "tolerance": self.tolerance,
            "requests": self.requests,
            "recent": self._recent.document(),
            "streams": {name: stream.document() for name, stream in self._streams.items()},
        }

    @classmethod
    def of(cls, document: Mapping[str, Any], reference: Baseline) -> Monitor:
        """Goes on where `document` was taken. StateError if that was with another layout or reference."""
        if document.get("layout") != LAYOUT:
            raise StateError(f"the state has layout {document.get('layout')!r}; this version reads layout {LAYOUT}")
        try:
            return cls._restored(document, reference)
        except (KeyError, TypeError, IndexError, AttributeError) as broken:
            raise StateError(f"the state of {reference['model_version']} is damaged") from broken

    @classmethod
    def _restored(cls, document: Mapping[str, Any], reference: Baseline) -> Monitor:
        if document["model_version"] != reference["model_version"] or document["reference"] != _counts(reference):
            raise StateError(f"the state is that of another reference than {reference['model_version']}")
        monitor = cls(reference, alpha=document["alpha"], tolerance=document["tolerance"])
        monitor.requests = document["requests"]
        try:
            monitor._recent = Recent.of(document["recent"])
            for name, stream in monitor._streams.items():
                stream.restore(document["streams"][name])
        except ValueError as broken:
            raise StateError(f"the state of {reference['model_version']} is damaged") from broken
        return monitor


def interval(count: int, size: int, *, errors: float = _ERROR_95) -> tuple[float, float]:
    """The interval of a share (Wilson 1927), 95 % if so many standard errors wide; 0 to 1 if nothing was counted."""
    if not size:
        return 0.0, 1.0
    share, square = count / size, errors**2
    middle = (share + square / (2 * size)) / (1 + square / size)
    half = errors * math.sqrt(share * (1 - share) / size + square / (4 * size**2)) / (1 + square / size)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _counts(reference: Baseline) -> dict[str, list[int]]:
    return {name: list(stream["counts"]) for name, stream in reference["streams"].items()}


def _names(edges: Sequence[float] | None, labels: Sequence[str]) -> list[str]:
    """Of the bins: the labels, or such as `8 to 12`."""
    if edges is None:
        return list(labels)
    ends = [f" to {edge:g}" for edge in edges[1:]] + [" or more"]
    return [f"{edge:g}{end}" for edge, end in zip(edges, ends, strict=True)]


def _moved_most(bins: Sequence[Bin]) -> str | None:
    outside = {each.name: max(each.low - each.late, each.late - each.high) for each in bins if each.late is not None}
    name = max(outside, key=outside.__getitem__, default=None)
    return name if name is not None and outside[name] > 0 else None
