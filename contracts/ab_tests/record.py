"""The record of an A/B test: an object of the artifact bucket, replaced by its ETag with each step. No I/O.

At most one test runs: `CURRENT` is its record, or that of the last one. When a test has ended, its record is copied to
`ab/<test id>/record.json` first; then `CURRENT` says so, and the next test may replace it. It holds ids and labels, and
no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NotRequired, TypedDict

from contracts.deployment import buckets

LAYOUT = 1

TESTS = "ab/"  # in the artifact bucket
CURRENT = f"{TESTS}current.json"

Mode = Literal["replay", "live"]
REPLAY: Final = "replay"
LIVE: Final = "live"
NAMES: dict[Mode, str] = {REPLAY: "replay", LIVE: "live test"}  # in a sentence

# What the verdict is about, fixed before the start: the challenger is better, or not worse by more than the margin.
Goal = Literal["better", "not-worse"]
BETTER: Final = "better"
NOT_WORSE: Final = "not-worse"

# STARTING: the challenger's resources are being made. CLASSIFYING: a replay's texts wait for the challenger's answers.
# RUNNING: labels decide. ENDING: the challenger's resources are being deleted.
Phase = Literal["starting", "classifying", "running", "ending", "ended"]
STARTING: Final = "starting"
CLASSIFYING: Final = "classifying"
RUNNING: Final = "running"
ENDING: Final = "ending"
ENDED: Final = "ended"

# How a test ends. All but BETTER and NOT_WORSE leave the champion as it is.
Verdict = Literal["better", "not-worse", "worse", "labels-spent", "time-over", "stopped", "champion-replaced", "failed"]
WORSE: Final = "worse"
LABELS_SPENT: Final = "labels-spent"
TIME_OVER: Final = "time-over"
STOPPED: Final = "stopped"
CHAMPION_REPLACED: Final = "champion-replaced"
FAILED: Final = "failed"
WINS = (BETTER, NOT_WORSE)

BY_APPROVAL: Final = "by-approval"  # `promoted`
# So many disagreements after the last labelled one are asked for, and all that are left before it: a text that was
# labelled for another reason counts when it is among them.
WINDOW: Final = 100
# A disagreement without a label, of which so many after it have one, was probably passed over: others are asked for
# first. From so many on, a test that goes through all texts in order waits for it no longer.
PASSED_OVER: Final = 10
WAITED_FOR: Final = 50


class Model(TypedDict):
    """One of the two. version: the training job's name; package_arn: in the registry, "" if it is not there."""

    version: str
    artifact_uri: str
    package_arn: str


class Plan(TypedDict):
    """What is fixed before the start.

    alpha: the chance that a test of two equally good models ends with a winner. margin: in accuracy, of NOT_WORSE.
    most_labels: the budget of labels. ends_at: UTC, when the time is over. most_texts: that a replay classifies, or of
    which a live test computes the other model's answer. share: of the texts that the challenger answers in a live
    test; unit: what the share's hash is made of. hourly_price: of the challenger's instances, US dollars; None if it
    is not known.
    """

    mode: Mode
    goal: Goal
    alpha: float
    margin: float
    most_labels: int
    most_texts: int
    ends_at: str
    share: float
    unit: Literal["text", "key"]
    allocation: Literal["fixed", "thompson"]
    hourly_price: float | None
    promote: Literal["ask", "automatic"]


class Disagreement(TypedDict):
    """A text to which the two models gave different labels, in the random order in which labels are asked for.

    place: its number among all texts that both have answered, from 0, in the same order.
    label: the first one that a person gave with a trusted key, before seeing an answer; "" while there is none.
    labeller: the id of the key, without a person's name. gone: it can no longer be labelled as the test needs it.
    """

    request_id: str
    position: int
    place: int
    champion: str
    challenger: str
    label: str
    labelled_at: str
    labeller: str
    gone: NotRequired[bool]


class Look(TypedDict):
    """One label and the evidence after it.

    right: champion, challenger or neither. log10_better, log10_worse, log10_not_worse: of the e-processes.
    """

    at: str
    request_id: str
    position: int
    right: Literal["champion", "challenger", "neither"]
    log10_better: float
    log10_worse: float
    log10_not_worse: float


class Share(TypedDict):
    """A share of the units that the challenger answers. since, until: the times (UTC) from and until which every
    request is certain to be split by it; "" while one is not known.
    """

    share: float
    since: str
    until: str


class Progress(TypedDict, total=False):
    """How far a test's steps have come, for the next step alone.

    asked: whether the challenger's resources were asked for. clean: whether a replay's texts are deleted. removals: how
    often their deletion was tried; stuck: what a person must do about it, "" for nothing. untrusted: texts that are
    asked for and have labels of keys that are not trusted, which decide nothing.

    Of a live test: read, the place in the request log up to which texts were looked at; seen, the key of the object
    with the digests of texts and units that were, and seen_before, of the one that it replaced; shares, the
    challenger's; units, for each share the distinct units and those of them that went to the challenger; left_out,
    texts that were not compared because there were enough, or because an endpoint did not answer.
    """

    asked: bool
    clean: bool
    removals: int
    stuck: str
    untrusted: int
    read: str
    seen: str
    seen_before: str
    shares: list[Share]
    units: list[tuple[float, int, int]]
    left_out: int


class Record(TypedDict):
    """A test. times: UTC, such as `2026-11-20T21:35:00.123Z`; "" while there is none.

    by: who or what started it; ended_by: who or what ended it. compared: texts that both models have answered.
    disagreements: those of them on which they differ. steps: what happened, oldest first. behaviour: of a live test,
    by variant. split: the check of the share, as its report shows it. reason: the verdict in a sentence. promoted: the
    promotion's execution, or `by-approval` where approving the model starts it.
    """

    layout: int
    test_id: str
    phase: Phase
    plan: Plan
    champion: Model
    challenger: Model
    by: str
    started_at: str
    running_since: str
    ended_at: str
    ended_by: str
    verdict: Verdict | None
    reason: str
    promoted: str
    compared: int
    disagreements: list[Disagreement]
    looks: list[Look]
    behaviour: dict[str, Any]
    split: dict[str, Any]
    progress: Progress
    steps: list[dict[str, str]]


def asked_for(record: Record) -> list[Disagreement]:
    """The disagreements for which labels are asked now, in their order: however many people skip, others follow."""
    found = record["disagreements"]
    seen = max((number for number, each in enumerate(found, start=1) if each["label"]), default=0)
    following = [each for each in found[seen:] if waits(each)]
    return [each for each in found[:seen] if waits(each)] + following[:WINDOW]


def passed_over(disagreements: Sequence[Disagreement], *, by: int = PASSED_OVER) -> set[int]:
    """The places of those that still wait for a label while at least `by` of those after them have one."""
    labelled, found = 0, set[int]()
    for each in reversed(disagreements):
        labelled += bool(each["label"])
        if waits(each) and labelled >= by:
            found.add(each["place"])
    return found


def waits(disagreement: Disagreement) -> bool:
    """Whether a label can still come."""
    return not disagreement["label"] and not disagreement.get("gone", False)


def archived(test_id: str) -> str:
    """The key of the record of a test that has ended. test_id: `*` for a pattern that matches all."""
    return f"{TESTS}{test_id}/record.json"


def texts(test_id: str) -> str:
    """The prefix under which a replay's texts and answers lie while the challenger classifies them.

    Where those of batches lie: they expire alike, and `rubric erase` searches them alike.
    """
    return f"{buckets.BATCH_STAGING}ab/{test_id}/"


def seen(test_id: str) -> str:
    """The prefix of the digests by which a live test knows the texts that it has compared, until it ends."""
    return f"{TESTS}{test_id}/seen/"
