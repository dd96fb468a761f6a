"""What a drift look answers, and what it writes of a model version.

The report is `drift/<model version>/report.json` in the artifact bucket. The function `drift` writes it;
`GET /v1/drift`, the console and `rubric drift` read it, and `rubric erase` takes erased texts out of it. No I/O.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

LAYOUT = 1

# What a report says, in one word; `reason` has the sentence.
DRIFT, STEADY = "drift", "steady"
TOO_FEW, NO_REFERENCE, UNREADABLE, NOT_LOOKED = "too-few-texts", "no-reference", "unreadable-reference", "not-looked"
STATUSES = (DRIFT, STEADY, TOO_FEW, NO_REFERENCE, UNREADABLE, NOT_LOOKED)

# How a look ended, as the function answers: all is counted; its time was over, and the next one goes on; another look
# counts; its clock is behind what was counted.
DONE, TIME, OVERTAKEN, CLOCK = "done", "time", "overtaken", "clock"

# With fewer requests a report without an alarm says "too few": the slowest shifts that matter need more.
FEWEST_REQUESTS = 100
MOST_POINTS = 200


class Alarm(TypedDict):
    """Since when a stream's evidence is above its threshold: the request's number, and the time of the request."""

    request: int
    time: str


class Share(TypedDict):
    """One label, or one bin of a stream's values.

    name: the label, or the bin's edges, such as `8 to 12`. low, high: the 95 % interval of the reference's share.
    live, late: since the start, and of the last requests; None before the first.
    """

    name: str
    reference: float
    low: float
    high: float
    live: float | None
    late: float | None


class Stream(TypedDict):
    """One measured stream.

    name: predicted_label, confidence, length, unknown_pieces or unseen_words. requests: how many were counted.
    log10_evidence: of the e-process now; it is an alarm from log10_threshold on. evidence: at most MOST_POINTS of
    [time, requests, log10 evidence], oldest first. moved: the share that moved most lately; None if all are as before.
    """

    name: str
    requests: int
    log10_evidence: float
    log10_threshold: float
    alarm: Alarm | None
    evidence: list[tuple[str, int, float]]
    shares: list[Share]
    moved: str | None


class Reference(TypedDict):
    """Of the model's reference: how many held-out texts it counted, and whether lengths are in pieces or words."""

    texts: int
    length_unit: str


class Promise(TypedDict):
    """alpha: the chance of ever a false alarm while every stream stays within `tolerance` of the reference's shares."""

    alpha: float
    tolerance: float


class Counted(TypedDict):
    """What was read of the log: all texts and requests of this model that were counted, those of them that came late,
    and answers left out because the reference does not have their label.
    """

    requests: int
    texts: int
    late: int
    unknown_labels: int


class Part(TypedDict):
    """A part of a slice: its texts since the start, and their mean confidence; None where none has one."""

    name: str
    texts: int
    confidence: float | None


class Slice(TypedDict):
    """The texts by one feature (contracts/features/slices.py): the largest parts, the largest first."""

    name: str
    parts: list[Part]


class Report(TypedDict):
    """slices: only where texts were answered with features. Times are UTC, such as `2026-11-20T21:35:00.123Z`.

    since, until: of the counted requests; "" before the first. behind_seconds: how far the log was counted when the
    look ended, 0 where it was counted to its end. accuracy, explanation: None where there are none, with the reason
    why in `accuracy_reason`, `explanation_reason`.
    """

    layout: int
    model_version: str
    written: str
    status: str
    reason: str
    since: str
    until: str
    behind_seconds: int
    counted: Counted
    promise: Promise
    reference: Reference | None
    streams: list[Stream]
    slices: NotRequired[list[Slice]]
    accuracy: dict[str, Any] | None
    accuracy_reason: str
    explanation: dict[str, Any] | None
    explanation_reason: str


def none_yet(model_version: str, *, status: str, reason: str) -> dict[str, Any]:
    """What is said of a model that no look has a report of."""
    return {"model_version": model_version, "status": status, "reason": reason, "streams": []}


def thinned(points: list[tuple[str, int, float]]) -> list[tuple[str, int, float]]:
    """At most MOST_POINTS of the points: every second one is left out as often as needed, never the newest."""
    while len(points) > MOST_POINTS:
        points = points[(len(points) - 1) % 2 :: 2]
    return points
