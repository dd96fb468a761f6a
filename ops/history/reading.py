"""Reads all that has happened, and says what AWS no longer has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

from contracts.deployment import stack_outputs
from ops.deployment.cloud import Cloud
from ops.history import promoted, trained, watched
from ops.history.event import (
    ALARM,
    APPROVAL,
    DATASET,
    DECISION,
    KINDS,
    PROMOTION,
    ROLLBACK,
    RUN,
    TEST,
    VERDICT,
    Event,
)

# What AWS keeps for a time, by kind.
KEPT = {
    RUN: "Step Functions keeps a run for 90 days after its end: of older runs, their training jobs are listed, and who "
    "started them is not known",
    ALARM: "CloudWatch keeps the history of alarms for some weeks; an alarm that caused a rollback is named there too",
    APPROVAL: "of each of the newest 100 models, the registry knows when it was registered and last changed",
}

Source = Callable[[], Iterator[Event]]


def read(cloud: Cloud, *, kinds: Collection[str] = KINDS, since: datetime | None = None) -> list[Event]:
    """The events of these kinds since then, the oldest first."""
    events = [
        event
        for of, source in _sources(cloud, since=since).items()
        if set(of) & set(kinds)
        for event in source()
        if event.kind in kinds and (since is None or event.at >= since)
    ]
    return sorted(events, key=lambda event: (event.at, KINDS.index(event.kind)))


def notes(kinds: Collection[str]) -> list[str]:
    """What is missing of these kinds, in sentences."""
    return [note for kind, note in KEPT.items() if kind in kinds]


def _sources(cloud: Cloud, *, since: datetime | None) -> Mapping[tuple[str, ...], Source]:
    """What to read for which kinds; without a Training stack there is nothing but alarms and datasets."""
    sources: dict[tuple[str, ...], Source] = {
        (DATASET,): lambda: trained.of_datasets(cloud),
        (ALARM,): lambda: watched.of_alarms(cloud, since=since),
    }
    if cloud.stacks.get(stack_outputs.PIPELINE_ARN):
        sources |= {
            (RUN,): lambda: trained.of_runs(cloud, since=since),
            (VERDICT,): lambda: trained.of_verdicts(cloud, since=since),
            (APPROVAL,): lambda: promoted.of_approvals(cloud),
            (TEST,): lambda: watched.of_tests(cloud),
            (PROMOTION, ROLLBACK): lambda: promoted.of_promotions(cloud),
            (DECISION,): lambda: watched.of_decisions(cloud),
        }
    return sources
