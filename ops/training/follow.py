"""Following a state machine's execution to its end, as a stream of events for a view."""

from __future__ import annotations

import time
from collections.abc import Iterator

from contracts.deployment.pipeline import StateName
from contracts.models.progress import Progress
from ops.deployment import executions
from ops.deployment.cloud import Cloud
from ops.deployment.executions import Ended, Entered, Event, JobKnown
from ops.training.training_log import TrainingLog

POLL_SECONDS = 2.0
LOCAL_POLL_SECONDS = 0.5


def _progress(cloud: Cloud, log: TrainingLog | None) -> list[Progress]:
    return log.news() if log else []


def follow(cloud: Cloud, arn: str) -> Iterator[Event]:
    """Events of the execution from its start, including a training job's progress. The last one is Ended."""
    sfn = cloud.client("stepfunctions")
    pause = LOCAL_POLL_SECONDS if cloud.is_local else POLL_SECONDS
    state, log = "", None
    while True:
        execution = executions.describe(sfn, arn)
        trace = executions.trace(sfn, arn)
        if trace.job and log is None:
            log = TrainingLog(cloud.client("logs"), job=trace.job)
            yield JobKnown(trace.job)
        if StateName.TRAIN in (state, trace.state):
            yield from _progress(cloud, log)
        if trace.state and trace.state != state:
            state = trace.state
            yield Entered(state)
        if not execution.running:
            yield from _progress(cloud, log)
            yield Ended(execution)
            return
        time.sleep(pause)
