"""Following a transform job to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from contracts.models.progress import Progress
from ops.batch import locations, transform
from ops.batch.job_log import BatchLog, answered
from ops.batch.locations import Place
from ops.batch.validate import PAYLOAD_MB, Counted
from ops.deployment.cloud import Cloud

POLL_SECONDS = 2.0
LOCAL_POLL_SECONDS = 0.5
STAGE = "transform"


def follow(
    cloud: Cloud, job: str, *, counted: Sequence[Counted], output: Place, show: Callable[[Progress], None]
) -> transform.Status:
    """Wait for the job and return its final status; `show` receives how many lines have been answered."""
    total = sum(item.lines for item in counted)
    size = sum(item.file.size for item in counted)
    a_request = min(total, total * PAYLOAD_MB * 1024 * 1024 / size)
    log = BatchLog(cloud.client("logs"), job=job)
    pause = LOCAL_POLL_SECONDS if cloud.is_local else POLL_SECONDS
    estimated = 0.0
    while True:
        status = transform.describe(cloud, job)
        estimated += sum(answered(line, lines_a_request=a_request) for line in log.news())
        done = min(total, max(round(estimated), _written(cloud, counted, output)))
        if not status.running:
            if status.status == "Completed":
                show(Progress(STAGE, total, total, _speed(total, status)))
            return status
        # The count from the servers' logs is an estimate, and requests may be retried: only an ended job is complete.
        show(Progress(STAGE, min(done, total - 1), total, _speed(done, status)))
        time.sleep(pause)


def _written(cloud: Cloud, counted: Sequence[Counted], output: Place) -> int:
    """How many lines are in the files whose answers are in S3."""
    keys = {place.key for place, _ in locations.objects(cloud.client("s3"), output)}
    return sum(item.lines for item in counted if output.below(f"{item.file.name}.out").key in keys)


def _speed(lines: int, status: transform.Status) -> str:
    if status.seconds is None:
        return "instances are starting"
    if status.seconds <= 0:
        return ""
    return f"lines_a_second={lines / status.seconds:,.0f}"
