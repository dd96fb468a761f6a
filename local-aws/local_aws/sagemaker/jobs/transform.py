"""Run transform jobs, each on its own thread, and update their records."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws import iam
from local_aws.common import scope
from local_aws.common.store import Record, Store
from local_aws.containers import ContainerFailure, ContainerStopped, TransformContainer
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import ExecutionRoles
from local_aws.sagemaker.access.serving import serving
from local_aws.sagemaker.endpoints.fleet import container_definition
from local_aws.sagemaker.jobs.running import Running
from local_aws.sagemaker.reporting.logs import TRANSFORM_GROUP, LogStream

logger = logging.getLogger("local_aws.sagemaker.transform")

KIND = "transform-job"
CHANGED = "SageMaker Transform Job State Change"
LOST = "InternalServerError: The local AWS was stopped while the transform job was running."


class TransformJobs:
    """Running transform jobs by ARN."""

    def __init__(
        self, store: Store, publish: Callable[[str, Record, str], None], workdir: Path, roles: ExecutionRoles
    ) -> None:
        self._roles = roles
        self._store = store
        self._publish = publish
        self._workdir = workdir
        self._running = Running()

    def start(self, record: Record) -> None:
        scope.in_background(f"transform-{record['TransformJobName']}", self._run, record)

    def stop(self, record: Record) -> None:
        self._running.stop(record["TransformJobArn"])

    def stop_all(self) -> None:
        """Stop all jobs when the server stops; the records stay as they were saved."""
        self._running.stop_all()

    def recover(self) -> None:
        """Fail the jobs that were running before a restart: no job process outlives the server."""
        for record in self._store.all(KIND):
            if record["TransformJobStatus"] in ("InProgress", "Stopping"):
                self._end(record, "Failed", FailureReason=LOST)

    def _run(self, record: Record) -> None:
        try:
            self._outcome(record)
            self._end(record, "Completed")
        except ContainerStopped:
            self._end(record, "Stopped")
        except ContainerFailure as failure:
            kind = "" if failure.reason.startswith(("ClientError", "AlgorithmError", "Internal")) else "ClientError: "
            self._end(record, "Failed", FailureReason=f"{kind}{failure.reason}")
        except Exception as error:  # the job must end after any error
            logger.exception("The transform job %s failed outside its container", record["TransformJobName"])
            self._end(record, "Failed", FailureReason=f"InternalServerError: {error}")
        finally:
            self._running.forget(record["TransformJobArn"])

    def _outcome(self, record: Record) -> None:
        name = record["TransformJobName"]
        definition = container_definition(self._store, record["ModelName"])
        access = serving(
            self._roles,
            definition,
            volume_key=record["TransformResources"].get("VolumeKmsKeyId"),
            job_arn=record["TransformJobArn"],
        )
        logs = _Logs(name, access.role)
        container = TransformContainer(
            request=record,
            definition=definition,
            role=definition.get("ExecutionRoleArn") or "",
            workdir=self._workdir / name,
            s3=access.s3,
            log=logs.of_server,
            data_log=logs.of_data,
            on_start=lambda: self._started(record),
        )
        with self._running.hold(record["TransformJobArn"], container):
            container.run()

    def _started(self, record: Record) -> None:
        now = time.time()
        with self._store.lock:
            record.update(TransformStartTime=now, LastModifiedTime=now)

    def _end(self, record: Record, status: str, **members: Any) -> None:
        now = time.time()
        with self._store.lock:
            record.update(members, TransformEndTime=now, TransformJobStatus=status, LastModifiedTime=now)
            record.setdefault("TransformStartTime", record["CreationTime"])
        model = self._store.get("model", record["ModelName"]) or {}
        networks.disconnect(record["TransformJobArn"], model.get("VpcConfig"))
        self._publish(CHANGED, record, record["TransformJobArn"])


class _Logs:
    """A job's log streams: for each host, its server's log and a data log."""

    def __init__(self, job: str, role: iam.Role | None) -> None:
        self._job = job
        self._role = role
        self._at = int(time.time())
        self._scope = scope.current()
        self._streams: dict[str, LogStream] = {}
        self._lock = threading.Lock()

    def of_server(self, host: str, line: str) -> None:
        self._stream(f"{self._job}/{host}-{self._at}").write(line)

    def of_data(self, host: str, line: str) -> None:
        self._stream(f"{self._job}/{host}-{self._at}/data-log").write(line)

    def _stream(self, name: str) -> LogStream:
        with self._lock, scope.within(self._scope):
            if name not in self._streams:
                self._streams[name] = LogStream(TRANSFORM_GROUP, name, self._role)
            return self._streams[name]
