"""Containers' output in the local CloudWatch Logs."""

import logging
import threading
import time
from typing import Any

from local_aws.server import seams
from local_aws.server.sagemaker import scope

logger = logging.getLogger("rubric.sagemaker.logs")

_GROUPS = seams.declare("ministack.services.cloudwatch_logs", "_log_groups", "see whether a log group is there")
_CREATE_GROUP = seams.declare(
    "ministack.services.cloudwatch_logs", "_create_log_group", "create a container's log group", takes=("data",)
)
_CREATE_STREAM = seams.declare(
    "ministack.services.cloudwatch_logs", "_create_log_stream", "create a container's log stream", takes=("data",)
)
_PUT = seams.declare(
    "ministack.services.cloudwatch_logs", "_put_log_events", "write a container's output to its log", takes=("data",)
)

TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"
TRANSFORM_GROUP = "/aws/sagemaker/TransformJobs"
_LONGEST = 256 * 1024 - 26  # CloudWatch Logs' limit on an event


def endpoint_group(endpoint: str) -> str:
    return f"/aws/sagemaker/Endpoints/{endpoint}"


class LogStream:
    """A log stream, created with its group at the first line.

    Lines that come once the group has been deleted are dropped: nothing may bring back what a destroyed stack removed.
    """

    def __init__(self, group: str, stream: str) -> None:
        self.group = group
        self.stream = stream
        self._scope = scope.current()
        self._created = False
        self._gone = False
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Any thread may call it. Never raises: a container's output must not end the container."""
        if self._gone:
            return
        with self._lock, scope.within(self._scope):
            if not self._created:
                self._create()
            event = {"timestamp": int(time.time() * 1000), "message": line[:_LONGEST] or " "}
            status = _PUT.get()({"logGroupName": self.group, "logStreamName": self.stream, "logEvents": [event]})[0]
            if status >= 400:
                self._gone = True
                logger.info("The log stream %s of %s is gone: its output is dropped.", self.stream, self.group)

    def _create(self) -> None:
        groups: Any = _GROUPS.get()
        if self.group not in groups:
            _CREATE_GROUP.get()({"logGroupName": self.group})
        _CREATE_STREAM.get()({"logGroupName": self.group, "logStreamName": self.stream})
        self._created = True
