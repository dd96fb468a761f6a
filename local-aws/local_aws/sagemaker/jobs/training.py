"""Run training jobs, each on its own thread, and update their records."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws import iam
from local_aws.common import scope
from local_aws.common.store import Record, Scope, Store
from local_aws.containers import ContainerFailure, ContainerStopped, TrainingContainer
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import ExecutionRoles, ecr, keys
from local_aws.sagemaker.jobs.running import Running
from local_aws.sagemaker.jobs.status import JobMetrics, close, transition
from local_aws.sagemaker.reporting.cloudwatch import TRAINING as TRAINING_NAMESPACE
from local_aws.sagemaker.reporting.logs import TRAINING_GROUP, LogStream

logger = logging.getLogger("local_aws.sagemaker.training")

KIND = "training-job"
CHANGED = "SageMaker Training Job State Change"
LOST = "InternalServerError: The local AWS was stopped while the training job was running."
_STOPPED = {
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
}
_NOT_OF_THE_REQUEST = {
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "SecondaryStatusTransitions",
    "CreationTime",
    "LastModifiedTime",
}


class TrainingJobs:
    """Running training jobs by ARN."""

    def __init__(
        self,
        store: Store,
        publish: Callable[[str, Record, str], None],
        workdir: Path,
        report: Callable[[Scope, str, str, float], None],
        roles: ExecutionRoles,
    ) -> None:
        """Create the set of jobs. `report(scope, job, metric, value)` gets each value of a metric as it is logged."""
        self._roles = roles
        self._store = store
        self._publish = publish
        self._workdir = workdir
        self._report = report
        self._running = Running()

    def start(self, record: Record) -> None:
        scope.in_background(f"training-{record['TrainingJobName']}", self._run, record)

    def stop(self, record: Record) -> None:
        self._running.stop(record["TrainingJobArn"])

    def stop_all(self) -> None:
        """Stop all jobs when the server stops; the records stay as they were saved."""
        self._running.stop_all()

    def recover(self) -> None:
        """Fail the jobs that were running before a restart: no job process outlives the server."""
        for record in self._store.all(KIND):
            if record["TrainingJobStatus"] in ("InProgress", "Stopping"):
                self._end(record, "Failed", "Failed", "Training job failed", FailureReason=LOST)

    def _run(self, record: Record) -> None:
        try:
            self._outcome(record)
        except ContainerFailure as failure:  # before there was a container
            self._end(record, "Failed", "Failed", "Training job failed", FailureReason=failure.reason)
        except Exception as error:  # the job must end after any error
            logger.exception("The training job %s failed outside its container", record["TrainingJobName"])
            self._end(record, "Failed", "Failed", "Training job failed", FailureReason=f"InternalServerError: {error}")
        finally:
            self._running.forget(record["TrainingJobArn"])

    def _outcome(self, record: Record) -> None:
        name = record["TrainingJobName"]
        role = self._role(record)
        may_report = role.may("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": TRAINING_NAMESPACE})
        streams: dict[str, LogStream] = {}
        metrics = JobMetrics(record["AlgorithmSpecification"].get("MetricDefinitions", []))
        request = {member: value for member, value in record.items() if member not in _NOT_OF_THE_REQUEST}
        here = scope.current()

        def log(line: str, host: str) -> None:
            if host not in streams:
                with scope.within(here):
                    streams[host] = LogStream(TRAINING_GROUP, f"{name}/{host}-{int(time.time())}", role)
            streams[host].write(line)
            for metric, value in metrics.read(line, now=time.time()):
                if may_report:
                    self._report(here, name, metric, value)

        def on_status(status: str, message: str) -> None:
            if status == "Interrupted":
                streams.clear()  # each attempt has its own streams
            with scope.within(here):
                self._move(record, status, message)
                if status == "Uploading":
                    _check_output_key(role, record)

        try:
            _check_start(role, record)
            container = TrainingContainer(
                request=request,
                workdir=self._workdir / name,
                s3=self._roles.s3(role),
                log=log,
                on_status=on_status,
                ways_out=networks.ways_out(record.get("VpcConfig")),
            )
            with self._running.hold(record["TrainingJobArn"], container):
                result = container.run()
            results = _results(record, result.artifact_uri, result.training_seconds)
            self._end(record, "Completed", "Completed", "Training job completed", **results, **metrics.members())
        except ContainerStopped as stopped:
            results = _results(record, stopped.artifact_uri, stopped.training_seconds)
            self._end(record, "Stopped", stopped.reason, _STOPPED[stopped.reason], **results, **metrics.members())
        except ContainerFailure as failure:
            results = {"FailureReason": failure.reason, **metrics.members()}
            self._end(record, "Failed", "Failed", "Training job failed", **results)

    def _role(self, record: Record) -> iam.Role:
        """Return the job's role. Raises ContainerFailure, worded as in aws/sagemaker-python-sdk #35."""
        try:
            return self._roles.assume(record["RoleArn"], source_arn=record["TrainingJobArn"])
        except iam.RoleNotAssumableError as error:
            raise ContainerFailure(f"ClientError: SageMaker was unable to assume the role '{error}'") from None

    def _move(self, record: Record, status: str, message: str) -> None:
        now = time.time()
        with self._store.lock:
            if record["TrainingJobStatus"] == "Stopping" and status != "Uploading":
                return
            changed = transition(record, status, message, now=now)
            if status == "Training":
                record.setdefault("TrainingStartTime", now)
        if changed:
            self._publish(CHANGED, record, record["TrainingJobArn"])

    def _end(self, record: Record, status: str, secondary: str, message: str, **members: Any) -> None:
        now = time.time()
        with self._store.lock:
            transition(record, secondary, members.get("FailureReason", message), now=now)
            close(record, now=now)
            record.update(members, TrainingEndTime=now, TrainingJobStatus=status, LastModifiedTime=now)
            record.setdefault("TrainingStartTime", record["CreationTime"])
        networks.disconnect(record["TrainingJobArn"], record.get("VpcConfig"))
        self._publish(CHANGED, record, record["TrainingJobArn"])


def _check_start(role: iam.Role, record: Record) -> None:
    """Check access before the job starts. Raises ContainerFailure, worded like an endpoint's: a job's is not public."""
    refused = ecr.refusal(role, record["AlgorithmSpecification"]["TrainingImage"])
    if refused is not None:
        raise ContainerFailure(f"ClientError: {refused}")
    try:
        keys.require_for_volume(role, record["ResourceConfig"].get("VolumeKmsKeyId"))
    except iam.AccessDeniedError as denied:
        raise ContainerFailure(f"ClientError: {denied.message}") from None


def _check_output_key(role: iam.Role, record: Record) -> None:
    """Check access to the output's key. Raises ContainerFailure."""
    try:
        keys.require_for_output(role, record["OutputDataConfig"].get("KmsKeyId"))
    except iam.AccessDeniedError as denied:
        raise ContainerFailure(f"ClientError: Artifact upload failed:{denied.message}") from None


def _results(record: Record, artifact: str | None, seconds: float) -> dict[str, Any]:
    """Return the results of a finished job: its time, billed for all instances, and its model, if any."""
    billed = max(1, round(seconds)) * record["ResourceConfig"].get("InstanceCount", 1)
    results: dict[str, Any] = {"TrainingTimeInSeconds": round(seconds), "BillableTimeInSeconds": billed}
    return results | ({"ModelArtifacts": {"S3ModelArtifacts": artifact}} if artifact else {})
