"""What is counted of one model version, from the first of its requests on. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.logs import drift_report
from contracts.logs.drift_report import Alarm, Counted, Promise
from contracts.logs.request_log import Item
from contracts.models.baseline import Baseline
from contracts.texts import text_normalization
from lambda_src.drift import slices
from lambda_src.drift.statistics import signatures
from lambda_src.drift.statistics.monitor import Monitor
from lambda_src.drift.statistics.observation import Observation, Signature

# The newest texts, by which accuracy is estimated and an alarm explained; few of one request, which resemble each
# other. Only their keys are kept: what the log has forgotten by then, or what was erased, is not read.
RECENT = 1_000
RECENT_OF_REQUEST = 4
# Points of a stream's evidence that one part of a look adds at most.
_POINTS = 20


@dataclass
class Counts:
    """Sums over what was counted."""

    requests: int = 0
    texts: int = 0
    late: int = 0
    unknown_labels: int = 0

    def document(self) -> Counted:
        """The same for a report."""
        return {
            "requests": self.requests,
            "texts": self.texts,
            "late": self.late,
            "unknown_labels": self.unknown_labels,
        }


@dataclass
class Model:
    """One model version. monitor, reference: None while it has none, for the reason in `fault` (a status, a sentence).

    since, until: the time of the first and of the newest request that was counted; "" before.
    """

    version: str
    promise: Promise
    monitor: Monitor | None = None
    reference: Baseline | None = None
    fault: tuple[str, str] = ("", "")
    since: str = ""
    until: str = ""
    counts: Counts = field(default_factory=Counts)
    evidence: dict[str, list[tuple[str, int, float]]] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    recent: list[tuple[str, int]] = field(default_factory=list)
    slices: slices.Counts = field(default_factory=dict)
    unreported: bool = True

    @classmethod
    def started(cls, version: str, *, promise: Promise) -> Model:
        """A model of which nothing has been counted yet."""
        return cls(version=version, promise=promise)

    @classmethod
    def of(cls, version: str, document: dict[str, Any]) -> Model:
        """The model that `document` was made from, without its reference and monitor: see `compare_with`."""
        model = cls(version=version, promise=document["promise"], since=document["since"], until=document["until"])
        model.counts = Counts(**document["counts"])
        model.evidence = {name: [tuple(point) for point in points] for name, points in document["evidence"].items()}
        model.alarms = document["alarms"]
        model.recent = [(request_id, position) for request_id, position in document["recent"]]
        model.slices = document.get("slices", {})  # states of earlier releases have none
        model.unreported = document["unreported"]
        return model

    def document(self) -> dict[str, Any]:
        """What the state keeps of it: no text and no word."""
        return {
            "promise": self.promise,
            "since": self.since,
            "until": self.until,
            "counts": vars(self.counts),
            "monitor": self.monitor.document() if self.monitor else None,
            "evidence": self.evidence,
            "alarms": self.alarms,
            "recent": self.recent,
            "slices": self.slices,
            "unreported": self.unreported,
        }

    def compare_with(self, reference: Baseline, monitor: dict[str, Any] | None) -> None:
        """Go on from a monitor's document, or start one."""
        self.reference, self.fault = reference, ("", "")
        self.monitor = (
            Monitor.start(reference, alpha=self.promise["alpha"], tolerance=self.promise["tolerance"])
            if monitor is None
            else Monitor.of(monitor, reference)
        )

    def count(self, requests: Sequence[Sequence[Item]], *, late: bool) -> None:
        """Count requests, each with its texts of this model, in the order in which they came."""
        every = max(1, -(-len(requests) // _POINTS))
        for number, request in enumerate(requests, start=1):
            self._count(request, late=late)
            if self.monitor is not None and (number % every == 0 or number == len(requests)):
                self._note(request[0]["time"])
        self.unreported = True

    def _count(self, request: Sequence[Item], *, late: bool) -> None:
        known = [item for item in request if self.reference is None or item["label"] in self.reference["labels"]]
        time = request[0]["time"]
        self.since, self.until = min(self.since or time, time), max(self.until, time)
        self.counts.requests += 1
        self.counts.texts += len(request)
        self.counts.late += len(request) if late else 0
        self.counts.unknown_labels += len(request) - len(known)
        slices.count(self.slices, request)
        kept = [(item["request_id"], int(item["position"])) for item in known[:RECENT_OF_REQUEST]]
        self.recent = [*self.recent, *kept][-RECENT:]
        if self.monitor is not None and known:
            self.monitor.add([observation(item) for item in known])

    def _note(self, time: str) -> None:
        """Add a point to each stream's evidence, and note since when it is an alarm."""
        assert self.monitor is not None
        for stream in self.monitor.streams():
            points = [*self.evidence.get(stream.name, []), (time, stream.requests, round(stream.log10_evidence, 3))]
            self.evidence[stream.name] = drift_report.thinned(points)
            if stream.alarm_since is not None and stream.name not in self.alarms:
                self.alarms[stream.name] = {"request": stream.alarm_since, "time": time}


def observation(item: Item) -> Observation:
    """What the log holds of an answered text."""
    return Observation(
        label=item["label"],
        confidence=item.get("confidence"),
        length=item.get("length"),
        unknown_pieces=item.get("unknown_pieces"),
        unseen_words=item.get("unseen_words"),
        signature=_signature(item),
    )


def _signature(item: Item) -> Signature | None:
    """By the text, or where the log keeps only its hash, by that: equal texts alone are then found."""
    if "text" in item:
        return signatures.of_text(text_normalization.normalised(item["text"]))
    if "text_sha256" in item:
        return signatures.of_hash(item["text_sha256"])
    return None


def is_counted(item: Item) -> bool:
    """Whether it is an answer of a trained model."""
    return bool(item.get("label") and item.get("model_version")) and item.get("backend", "sagemaker") == "sagemaker"
