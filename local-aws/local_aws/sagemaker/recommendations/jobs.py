"""Run Inference Recommender's jobs, each on its own thread, and update their records."""

import logging
import math
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.common import scope
from local_aws.common.errors import ApiError
from local_aws.common.store import Record, Store
from local_aws.containers import ContainerFailure, ContainerStopped, ModelContainer
from local_aws.containers.processes.utilization import Usage
from local_aws.sagemaker.access import ExecutionRoles, creation
from local_aws.sagemaker.endpoints.fleet import container_definition, package_definition
from local_aws.sagemaker.jobs.running import Running
from local_aws.sagemaker.operations import recommendation_jobs as operations
from local_aws.sagemaker.recommendations import payload
from local_aws.sagemaker.recommendations.load import Limits, Load, ModelError, Step
from local_aws.sagemaker.reporting.logs import LogStream, endpoint_group

logger = logging.getLogger("local_aws.sagemaker.recommendations")

LOST = "The local AWS was stopped while the job was running."
_START_SECONDS = 240.0
_LATENCY = 0.95  # ModelLatency is reported at P95, the percentile of a load test's thresholds


class RecommendationJobs:
    """Running recommendation jobs by ARN."""

    def __init__(self, store: Store, workdir: Path, roles: ExecutionRoles) -> None:
        self._roles = roles
        self._store = store
        self._workdir = workdir
        self._running = Running()

    def start(self, record: Record) -> None:
        scope.in_background(f"recommend-{record['JobName']}", self._run, record)

    def stop(self, record: Record) -> None:
        self._running.stop(record["JobArn"])

    def stop_all(self) -> None:
        """Stop all jobs when the server stops; the records stay as they were saved."""
        self._running.stop_all()

    def recover(self) -> None:
        """Fail the jobs that were running before a restart: no job process outlives the server."""
        for record in self._store.all(operations.KIND):
            if record["Status"] in ("PENDING", "IN_PROGRESS", "STOPPING"):
                self._end(record, "FAILED", FailureReason=LOST)

    def _run(self, record: Record) -> None:
        try:
            benchmarks = self._benchmarks(record)
            self._end(record, "COMPLETED", InferenceRecommendations=benchmarks)
        except ContainerStopped:
            self._end(record, "STOPPED")
        except (ContainerFailure, ModelError, payload.PayloadError) as failure:
            self._end(record, "FAILED", FailureReason=str(failure))
        except Exception as error:  # the job must end after any error
            logger.exception("The job %s failed outside its containers", record["JobName"])
            self._end(record, "FAILED", FailureReason=f"InternalServerError: {error}")
        finally:
            self._running.forget(record["JobArn"])

    def _benchmarks(self, record: Record) -> list[Record]:
        """Return the recommendation of each successful benchmark; raise the last failure if none succeeded."""
        wanted = record[operations.PAYLOAD]
        job = _Job(stopped=threading.Event())
        with self._running.hold(record["JobArn"], job):
            self._set(record, Status="IN_PROGRESS")
            job.s3 = self._s3(record)
            job.bodies = payload.read(job.s3, wanted["SamplePayloadUrl"])
            job.headers = {"content-type": wanted["ContentType"], "accept": wanted["Accept"]}
            failure: Exception | None = None
            benchmarks = []
            for step in record[operations.STEPS]:
                job.go_on()
                try:
                    benchmarks.append(self._benchmark(record, step, job))
                except (ContainerFailure, ModelError) as error:
                    failure = error
                    self._set_step(record, step, "FAILED", FailureReason=str(error))
            if failure is not None and not benchmarks:
                raise failure
        return benchmarks

    def _benchmark(self, record: Record, step: Record, job: "_Job") -> Record:
        endpoint = step["InferenceBenchmark"]["EndpointConfiguration"]
        self._set_step(record, step, "IN_PROGRESS")
        # A managed policy of AWS grants the role's log permissions, but its text is not available here.
        log = LogStream(endpoint_group(endpoint["EndpointName"]), endpoint["VariantName"], role=None)
        definition = self._definition(record["InputConfig"])
        container = ModelContainer(
            endpoint_name=endpoint["EndpointName"],
            variant_name=endpoint["VariantName"],
            image=definition["Image"],
            model_data_url=definition.get("ModelDataUrl"),
            environment=definition.get("Environment", {}),
            workdir=self._workdir / record["JobName"] / endpoint["InstanceType"],
            s3=job.s3,
            log=log.write,
            isolated=bool(definition.get("EnableNetworkIsolation")),
            ways_out=definition.get("WaysOut"),
        )
        try:
            job.take(container)
            container.start(timeout=_START_SECONDS)
            began, usage = time.time(), Usage()
            load = Load(
                container,
                job.bodies,
                job.headers,
                usage=lambda: {} if container.pid is None else usage.read(container.pid),
                stopped=job.stopped,
            )
            peak = load.peak(_limits(record.get("StoppingConditions", {})))
        finally:
            container.stop()
            shutil.rmtree(self._workdir / record["JobName"], ignore_errors=True)
        result = {"Metrics": _metrics(peak), "InvocationStartTime": began, "InvocationEndTime": time.time()}
        self._set_step(record, step, "COMPLETED", **result)
        return {
            "RecommendationId": f"{record['JobName']}/{endpoint['EndpointName'].rpartition('-')[2]}",
            "EndpointConfiguration": endpoint,
            "ModelConfiguration": {},
            **result,
        }

    def _s3(self, record: Record) -> Any:
        """Return S3 with the permissions of the job's role. Raises ContainerFailure."""
        try:
            return self._roles.s3(
                creation.recommender_role(self._roles, record["RoleArn"], source_arn=record["JobArn"])
            )
        except ApiError as error:
            raise ContainerFailure(error.message) from None

    def _definition(self, input_config: Mapping[str, Any]) -> dict[str, Any]:
        if "ModelName" in input_config:
            return container_definition(self._store, input_config["ModelName"])
        return package_definition(self._store, input_config["ModelPackageVersionArn"])

    def _set(self, record: Record, **members: Any) -> None:
        with self._store.lock:
            if record["Status"] == "STOPPING" and members.get("Status") == "IN_PROGRESS":
                return
            record.update(members, LastModifiedTime=time.time())

    def _set_step(self, record: Record, step: Record, status: str, **benchmark: Any) -> None:
        with self._store.lock:
            step["Status"] = status
            step["InferenceBenchmark"].update(benchmark)
            record["LastModifiedTime"] = time.time()

    def _end(self, record: Record, status: str, **members: Any) -> None:
        now = time.time()
        with self._store.lock:
            for step in record[operations.STEPS]:
                if step["Status"] in ("PENDING", "IN_PROGRESS"):
                    step["Status"] = "FAILED" if status == "FAILED" else "STOPPED"
            record.update(members, CompletionTime=now, LastModifiedTime=now, Status=status)


class _Job:
    """The parts of a job that a stop ends: the load, and the container under load."""

    def __init__(self, *, stopped: threading.Event) -> None:
        self.stopped = stopped
        self.bodies: list[bytes] = []
        self.headers: dict[str, str] = {}
        self.s3: Any = None
        self._container: ModelContainer | None = None
        self._lock = threading.Lock()

    def take(self, container: ModelContainer) -> None:
        with self._lock:
            self._container = container
        self.go_on()

    def go_on(self) -> None:
        if self.stopped.is_set():
            raise ContainerStopped

    def stop(self) -> None:
        self.stopped.set()
        with self._lock:
            container = self._container
        if container is not None:
            threading.Thread(target=container.stop, name="recommend-stop", daemon=True).start()


def _limits(conditions: Mapping[str, Any]) -> Limits:
    thresholds = conditions.get("ModelLatencyThresholds", [])
    return Limits(
        per_minute=conditions.get("MaxInvocations", math.inf),
        latency_ms={float(each["Percentile"].lstrip("P")) / 100: each["ValueInMilliseconds"] for each in thresholds},
        goes_on_when_flat=conditions.get("FlatInvocations") == "Continue",
    )


def _metrics(peak: Step) -> dict[str, Any]:
    """Return the metrics without CostPerHour and CostPerInference: nothing has a price here."""
    return {
        "MaxInvocations": math.floor(peak.per_minute),
        "ModelLatency": max(1, round(peak.percentile(_LATENCY))),
        "CpuUtilization": peak.cpu,
        "MemoryUtilization": peak.memory,
    }
