"""A training job's log in CloudWatch, read as it grows, and the progress in it."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from contracts.logs import log_groups
from contracts.models import progress
from contracts.models.progress import Progress
from ops.errors import code_of

_FIRST_HOST = re.compile(r"/algo-1(-\d+)?$")


class TrainingLog:
    """Reads a job's log from the start; each call of news() continues where the last one ended."""

    def __init__(self, logs: Any, *, job: str) -> None:
        self._logs, self._job = logs, job
        self._stream = ""
        self._token = ""

    def news(self) -> list[Progress]:
        """The progress lines since the last call; empty while there is no log yet."""
        stream = self._newest_stream()
        if not stream:
            return []
        if stream != self._stream:
            self._stream, self._token = stream, ""
        lines: list[str] = []
        while True:
            token = {"nextToken": self._token} if self._token else {}
            answer = self._logs.get_log_events(
                logGroupName=log_groups.TRAINING_JOBS, logStreamName=self._stream, startFromHead=True, **token
            )
            lines += [event["message"] for event in answer["events"]]
            if answer["nextForwardToken"] == self._token:  # how CloudWatch marks the end; a page may be empty before it
                break
            self._token = answer["nextForwardToken"]
        return [update for line in lines if (update := progress.read(line))]

    def _newest_stream(self) -> str:
        # An interrupted spot job gets a new stream for each attempt; of several hosts, only the first logs progress.
        try:
            answer = self._logs.describe_log_streams(
                logGroupName=log_groups.TRAINING_JOBS, logStreamNamePrefix=f"{self._job}/"
            )
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return ""
        first = [stream for stream in answer["logStreams"] if _FIRST_HOST.search(stream["logStreamName"])]
        streams = sorted(first or answer["logStreams"], key=lambda stream: stream.get("creationTime", 0))
        return str(streams[-1]["logStreamName"]) if streams else ""
