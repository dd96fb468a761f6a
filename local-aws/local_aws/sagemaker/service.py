"""The complete local SageMaker: its store, control plane, jobs, endpoints and runtime."""

import functools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.common import clients, scope
from local_aws.common.store import Record, Store
from local_aws.containers import ModelContainer, kill_leftovers
from local_aws.containers.processes.utilization import Usage
from local_aws.sagemaker.access import ExecutionRoles, MiniStackRoles
from local_aws.sagemaker.access.serving import role_of, serving
from local_aws.sagemaker.components.components import Components
from local_aws.sagemaker.endpoints.endpoints import Endpoints
from local_aws.sagemaker.endpoints.fleet import Container, Variant
from local_aws.sagemaker.endpoints.live import LiveEndpoint
from local_aws.sagemaker.endpoints.runtime import Runtime
from local_aws.sagemaker.gateway import Gateway
from local_aws.sagemaker.jobs.training import TrainingJobs
from local_aws.sagemaker.jobs.transform import TransformJobs
from local_aws.sagemaker.plane import Plane
from local_aws.sagemaker.recommendations.jobs import RecommendationJobs
from local_aws.sagemaker.reporting import events
from local_aws.sagemaker.reporting.cloudwatch import COMPONENTS, INSTANCES, NAMESPACE, Metrics, alarm_states
from local_aws.sagemaker.reporting.logs import LogStream, component_group, endpoint_group

_SAMPLE_SECONDS = 30.0
_FIRST_SAMPLE_SECONDS = 2.0
_OF_COMPONENTS = ("InvocationsPerCopy", "InvocationsPerInstance", "NoCapacityInvocationFailures")


class SageMaker:
    """The server's SageMaker; MiniStack calls `gateway.handle`, `get_state`, `load_persisted_state` and `reset`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(scope.current)
        self.metrics = Metrics(time.time)
        roles = MiniStackRoles()
        self.jobs = TrainingJobs(self.store, self._publish, folder / "training", self.metrics.add_of_job, roles)
        self.transforms = TransformJobs(self.store, self._publish, folder / "transform", roles)
        self.endpoints = Endpoints(
            self.store,
            self._publish,
            workdir=folder / "endpoints",
            make=functools.partial(make_container, roles),
            put_captured=functools.partial(_put_captured, roles),
            alarm_states=alarm_states,
        )
        self.components = Components(
            self.store,
            workdir=folder / "components",
            make=functools.partial(make_container, roles, group=component_group),
            alarm_states=alarm_states,
        )
        self.recommendations = RecommendationJobs(self.store, folder / "recommendations", roles)
        self.plane = Plane(
            self.store,
            self.jobs,
            self.transforms,
            self.endpoints,
            self.components,
            self.recommendations,
            self._publish,
            roles,
        )
        self.runtime = Runtime(self.endpoints, self.components, self._report, scope.current)
        self.gateway = Gateway(self.plane, self.runtime)
        self._usage: dict[int, Usage] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """End the processes that an earlier server left running, and start to monitor the containers."""
        kill_leftovers(self.folder)
        threading.Thread(target=self._sample_on, name="sagemaker-utilization", daemon=True).start()

    def stop(self) -> None:
        """End every process; the records stay unchanged."""
        self._stopped.set()
        self.metrics.stop()
        self.jobs.stop_all()
        self.transforms.stop_all()
        self.recommendations.stop_all()
        self.components.stop_all()
        self.endpoints.stop_all()

    # MiniStack's state hooks.

    def get_state(self) -> dict[str, Any]:
        return self.store.dump()

    def load_persisted_state(self, saved: dict[str, Any]) -> None:
        self.store.load(saved)
        for owner in self.store.scopes():
            with scope.within(owner):
                self.jobs.recover()
                self.transforms.recover()
                self.recommendations.recover()
                self.endpoints.recover()
                self.components.recover()

    def reset(self) -> None:
        """Delete all records and end every process."""
        self.jobs.stop_all()
        self.transforms.stop_all()
        self.recommendations.stop_all()
        self.components.stop_all()
        self.components.forget_all()
        self.endpoints.stop_all()
        self.endpoints.forget_all()
        self.store.clear()

    def _publish(self, detail_type: str, record: Record, arn: str) -> None:
        events.publish(detail_type, record, arn, self.store.tags(arn))

    def _report(self, live: LiveEndpoint, variant: str, metrics: dict[str, tuple[float, str]]) -> None:
        """A component's requests count for its endpoint as well, where nothing is counted by copy."""
        if not live.host:
            self.metrics.add(live.scope, NAMESPACE, metrics, of=(live.name, variant))
            return
        own = {name: value for name, value in metrics.items() if name != "InvocationsPerInstance"}
        of_endpoint = {name: value for name, value in metrics.items() if name not in _OF_COMPONENTS}
        self.metrics.add_of_component(live.scope, NAMESPACE, own, component=live.name)
        self.metrics.add(live.scope, NAMESPACE, of_endpoint, of=(live.host, variant))

    def _sample_on(self) -> None:
        """Report each running container's usage about every 30 s; alarms notice when a stopped one does not."""
        due: dict[int, float] = {}
        idle_at = 0.0
        while not self._stopped.wait(_FIRST_SAMPLE_SECONDS):
            now = time.monotonic()
            running = {
                id(variant): (live, variant)
                for live in (*self.endpoints.all_live(), *self.components.all_live())
                for fleet in live.fleets()
                for variant in fleet.variants.values()
            }
            if now >= idle_at:
                idle_at = now + _idle_seconds()
                # A component with copies has datapoints while nobody calls: without them nothing would scale in.
                for live in self.components.all_live():
                    if live.fleet is not None:
                        idle = {"InvocationsPerCopy": (0.0, "None")}
                        self.metrics.add_of_component(live.scope, NAMESPACE, idle, component=live.name)
            for key in set(due) - set(running):
                del due[key]
                self._usage.pop(key, None)
            for key, (live, variant) in running.items():
                pid = variant.container.pid if variant.container is not None and variant.container.healthy else None
                if pid is None or due.get(key, 0.0) > now:
                    continue
                usage = self._usage.setdefault(key, Usage())
                metrics = usage.read(pid)
                # CPU usage needs a second reading, which follows soon after the first.
                due[key] = now + (_SAMPLE_SECONDS if "CPUUtilization" in metrics else _FIRST_SAMPLE_SECONDS)
                values = {name: (value, "Percent") for name, value in metrics.items()}
                if not live.host:
                    self.metrics.add(live.scope, INSTANCES, values, of=(live.name, variant.name))
                    continue
                self.metrics.add_of_component(live.scope, COMPONENTS, values, component=live.name)
                self.metrics.add(live.scope, INSTANCES, values, of=(live.host, variant.name))


def make_container(
    roles: ExecutionRoles,
    endpoint: str,
    variant: Variant,
    definition: dict[str, Any],
    folder: Path,
    *,
    group: Callable[[str], str] = endpoint_group,
) -> Container:
    """Create a variant's process, with its output in the endpoint's or component's log group. Raises ContainerFailure.

    group: names that log group.
    """
    access = serving(roles, definition, volume_key=definition.get("VolumeKmsKeyId"))
    stream = LogStream(group(endpoint), variant.stream, access.role)
    return ModelContainer(
        endpoint_name=endpoint,
        variant_name=variant.name,
        image=definition["Image"],
        model_data_url=definition.get("ModelDataUrl"),
        environment=definition.get("Environment", {}),
        workdir=folder,
        s3=access.s3,
        log=stream.write,
        isolated=bool(definition.get("EnableNetworkIsolation")),
        ways_out=definition.get("WaysOut"),
    )


def _put_captured(roles: ExecutionRoles, model: Record, bucket: str, key: str, body: bytes, key_id: str | None) -> None:
    """Write captured data with the model's role. Raises S3's errors, and ContainerFailure if the role is gone."""
    role = role_of(roles, model)
    s3 = roles.s3(role) if role is not None else clients.s3()
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/jsonlines", **encrypted)


def folder_from_environment() -> Path:
    """Return the work folder of jobs and endpoints: `sagemaker` in LOCAL_AWS_FOLDER."""
    return Path(os.environ["LOCAL_AWS_FOLDER"]).absolute() / "sagemaker"


def _idle_seconds() -> float:
    """Seconds between idle datapoints: several in each of the periods by which components scale."""
    return min(_SAMPLE_SECONDS, float(os.environ.get("LOCAL_AWS_SCALING_SECONDS") or 60) / 2)
