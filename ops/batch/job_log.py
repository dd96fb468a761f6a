"""A transform job's log in CloudWatch, read as it grows: the servers' answered lines, the data log's failures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from contracts.logs import log_groups
from ops.errors import code_of

DATA_LOG = "/data-log"
_MARK = "[sagemaker logs]: "
# The Hugging Face container's access log; the lean one's lines are JSON objects.
_ACCESS = re.compile(r'"POST /invocations HTTP/[\d.]+" 2\d\d\b')


def answered(line: str, *, lines_a_request: float) -> float:
    """How many input lines were answered according to a server's log line; an estimate if it has no number."""
    start = line.find("{")
    if start >= 0 and "/invocations" in line:
        try:
            entry = json.loads(line[start:])
            if isinstance(entry, dict) and entry.get("path") == "/invocations":
                good = 200 <= int(entry.get("status", 0)) < 300
                return float(entry.get("texts", lines_a_request)) if good else 0.0
        except (ValueError, TypeError, OverflowError, RecursionError):
            return 0.0
    return lines_a_request if _ACCESS.search(line) else 0.0


class BatchLog:
    """Reads a job's log streams from the start; each call of news() continues where the last one ended."""

    def __init__(self, logs: Any, *, job: str) -> None:
        self._logs, self._job = logs, job
        self._tokens: dict[str, str] = {}

    def news(self) -> Iterator[str]:
        """The servers' lines since the last call."""
        for stream in self._streams():
            if not stream.endswith(DATA_LOG):
                yield from self._lines(stream)

    def failures(self) -> dict[str, str]:
        """Why each file failed, by `bucket/key`: the messages of SageMaker and of the model's container."""
        messages: dict[str, list[str]] = {}
        for stream in self._streams():
            if not stream.endswith(DATA_LOG):
                continue
            for line in self._lines(stream):
                file, colon, message = line.partition(_MARK)[2].partition(": ")
                if colon and "/" in file:
                    messages.setdefault(file, []).append(message.strip())
        return {file: " ".join(part for part in message if part) for file, message in messages.items()}

    def _streams(self) -> list[str]:
        try:
            pages = self._logs.get_paginator("describe_log_streams").paginate(
                logGroupName=log_groups.TRANSFORM_JOBS, logStreamNamePrefix=f"{self._job}/"
            )
            return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return []

    def _lines(self, stream: str) -> Iterator[str]:
        while True:
            token = {"nextToken": self._tokens[stream]} if stream in self._tokens else {}
            answer = self._logs.get_log_events(
                logGroupName=log_groups.TRANSFORM_JOBS, logStreamName=stream, startFromHead=True, **token
            )
            yield from (event["message"] for event in answer["events"])
            if answer["nextForwardToken"] == self._tokens.get(stream):  # how CloudWatch marks the end
                return
            self._tokens[stream] = answer["nextForwardToken"]
