"""Write containers' output to the local CloudWatch Logs."""

import logging
import threading
import time
from typing import Any

from local_aws import iam, private_api
from local_aws.common import scope

logger = logging.getLogger("local_aws.sagemaker.logs")

_GROUPS = private_api.declare("ministack.services.cloudwatch_logs", "_log_groups", "see whether a log group is there")
_CREATE_GROUP = private_api.declare(
    "ministack.services.cloudwatch_logs", "_create_log_group", "create a container's log group", takes=("data",)
)
_CREATE_STREAM = private_api.declare(
    "ministack.services.cloudwatch_logs", "_create_log_stream", "create a container's log stream", takes=("data",)
)
_PUT = private_api.declare(
    "ministack.services.cloudwatch_logs", "_put_log_events", "write a container's output to its log", takes=("data",)
)

TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"
TRANSFORM_GROUP = "/aws/sagemaker/TransformJobs"
_LONGEST = 256 * 1024 - 26  # CloudWatch Logs' limit for an event


def endpoint_group(endpoint: str) -> str:
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def component_group(component: str) -> str:
    return f"/aws/sagemaker/InferenceComponents/{component}"


class LogStream:
    """A log stream, created with its group at the first line, if the container's role permits.

    If the role may not log, the container runs without a log; a model without a role has no such restriction. Lines
    that arrive after the group was deleted are dropped, because a destroyed stack's group must not come back.
    """

    def __init__(self, group: str, stream: str, role: iam.Role | None) -> None:
        self.group = group
        self.stream = stream
        self._role = role
        self._scope = scope.current()
        self._created = False
        self._gone = False
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Write a line, from any thread. Never raises: a container's output must not end the container."""
        if self._gone:
            return
        with self._lock, scope.within(self._scope):
            if not self._created and not self._create():
                self._gone = True
                return
            event = {"timestamp": int(time.time() * 1000), "message": line[:_LONGEST] or " "}
            status = _PUT.get()({"logGroupName": self.group, "logStreamName": self.stream, "logEvents": [event]})[0]
            if status >= 400:
                self._gone = True
                logger.info("The log stream %s of %s is gone: its output is dropped.", self.stream, self.group)

    def _create(self) -> bool:
        """Create the stream if the role may write to it; return whether it exists."""
        groups: Any = _GROUPS.get()
        denied = self._denied(group_is_there=self.group in groups)
        if denied is not None:
            logger.info("No log for %s in %s: %s", self.stream, self.group, denied)
            return False
        if self.group not in groups:
            _CREATE_GROUP.get()({"logGroupName": self.group})
        _CREATE_STREAM.get()({"logGroupName": self.group, "logStreamName": self.stream})
        self._created = True
        return True

    def _denied(self, *, group_is_there: bool) -> iam.AccessDeniedError | None:
        account, region = self._scope
        group = f"arn:aws:logs:{region}:{account}:log-group:{self.group}"
        stream = f"{group}:log-stream:{self.stream}"
        needs = [("logs:CreateLogStream", stream), ("logs:PutLogEvents", stream)]
        if self._role is None:
            return None
        if not group_is_there:
            # Error messages name the group with an empty stream, which a policy on `<group>:*` covers. A policy on the
            # group itself also counts, as in the Service Authorization Reference.
            asked = group if self._role.may("logs:CreateLogGroup", group) else f"{group}:log-stream:"
            needs.insert(0, ("logs:CreateLogGroup", asked))
        try:
            for action, resource in needs:
                self._role.require(action, resource)
        except iam.AccessDeniedError as denied:
            return denied
        return None
