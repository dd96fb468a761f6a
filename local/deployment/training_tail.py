"""Follows a training job through its log in CloudWatch."""

from typing import Any

from botocore.exceptions import ClientError

from contracts.logs import log_groups
from contracts.models import progress
from contracts.models.progress import Progress


class TrainingTail:
    """Reads the newest training job's log; each poll continues where the last one ended.

    Ignores jobs that already had a log at the start, unless `resume` asks for the last of them.
    """

    def __init__(self, logs: Any, *, prefix: str, resume: bool = False) -> None:
        self._logs = logs
        self._prefix = prefix
        self._past = set() if resume else set(self._streams())
        self._stream: str | None = None
        self._token: str | None = None

    @property
    def job(self) -> str | None:
        """The followed training job; None until there is one."""
        return self._stream.partition("/")[0] if self._stream else None

    def poll(self) -> list[Progress]:
        """The progress lines since the last poll, oldest first."""
        newest = max((name for name in self._streams() if name not in self._past), default=None)
        if newest is None:
            return []
        if newest != self._stream:
            self._stream, self._token = newest, None
        return [update for line in self._read() if (update := progress.read(line))]

    def _streams(self) -> list[str]:
        try:
            answer = self._logs.describe_log_streams(
                logGroupName=log_groups.TRAINING_JOBS, logStreamNamePrefix=self._prefix
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []  # no job has ever run
        # Only a job's first host logs progress.
        return [stream["logStreamName"] for stream in answer["logStreams"] if "/algo-1-" in stream["logStreamName"]]

    def _read(self) -> list[str]:
        lines: list[str] = []
        while True:
            token = {"nextToken": self._token} if self._token else {}
            answer = self._logs.get_log_events(
                logGroupName=log_groups.TRAINING_JOBS, logStreamName=self._stream, startFromHead=True, **token
            )
            lines += [event["message"] for event in answer["events"]]
            at_end = answer["nextForwardToken"] == self._token
            self._token = answer["nextForwardToken"]
            if at_end or not answer["events"]:
                return lines
