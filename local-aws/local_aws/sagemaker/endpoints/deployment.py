"""The work of an endpoint's threads: start a fleet, shift traffic to it, roll back, stop a fleet."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.common.store import Record
from local_aws.containers import ContainerFailure
from local_aws.sagemaker.endpoints import rollout, variants
from local_aws.sagemaker.endpoints.capture import Capture
from local_aws.sagemaker.endpoints.fleet import Fleet, MakeContainer
from local_aws.sagemaker.endpoints.live import LiveEndpoint
from local_aws.sagemaker.endpoints.records import Records

_POLL = 1.0

PutCaptured = Callable[[Record, str, str, bytes, str | None], None]
AlarmStates = Callable[[Iterable[str]], dict[str, str | None]]


class RollbackError(Exception):
    """A deployment ended because of its alarms or its time limit; the message is the FailureReason."""


@dataclass(frozen=True)
class Deployments:
    """Deploy fleets. `put_captured(model, bucket, key, body, KMS key)` writes a model's captured data."""

    records: Records
    workdir: Path
    make: MakeContainer
    put_captured: PutCaptured
    alarm_states: AlarmStates

    def bring_up(self, record: Record, live: LiveEndpoint, config: Record | None) -> bool:
        """Start an endpoint's first fleet and put it in service; if it does not start, the endpoint has failed."""
        try:
            if config is None:
                raise ContainerFailure(f"Could not find endpoint configuration {record['EndpointConfigName']}.")
            fleet = self._fleet(record, config, record["ProductionVariants"])
            fleet.start(self.workdir)
        except ContainerFailure as failure:
            live.ready.set()
            self.records.settle(record, "Failed", FailureReason=failure.reason)
            return False
        live.serve(fleet, self._capture(record, config))
        return True

    def replace(self, record: Record, live: LiveEndpoint, blue: Fleet, config: Record, request: dict[str, Any]) -> None:
        """Replace the fleet in service with a new one, or roll back to the old one."""
        desired = variants.updated(record, config, request=request)
        green = self._fleet(record, config, desired)
        began = time.monotonic()
        try:
            green.start(self.workdir)
        except ContainerFailure as failure:
            self.records.settle(record, "InService", FailureReason=failure.reason)
            return
        instances = max(variant.count for variant in green.variants.values())
        steps = rollout.plan(record.get("LastDeploymentConfig"), instances=instances)
        try:
            shift(
                live, green, steps, alarm_states=self.alarm_states, capture=self._capture(record, config), began=began
            )
        except RollbackError as reason:
            self._roll_back(record, live, green, str(reason))
            return
        except BaseException:
            live.unshift()
            self.retire(live, green)
            raise
        live.serve(green, None)
        self.retire(live, blue)
        deployed = self.records.deployed(config, desired)
        name = config["EndpointConfigName"]
        self.records.settle(record, "InService", ProductionVariants=deployed, EndpointConfigName=name)

    def retire(self, live: LiveEndpoint, fleet: Fleet) -> None:
        """Stop a fleet and its data capture."""
        fleet.stop()
        capture = live.drop_capture(fleet)
        if capture is not None:
            capture.close()

    def _roll_back(self, record: Record, live: LiveEndpoint, green: Fleet, reason: str) -> None:
        self.records.settle(record, "RollingBack", FailureReason=reason, keep_pending=True)
        live.unshift()
        self.retire(live, green)
        self.records.settle(record, "InService", FailureReason=reason)

    def _fleet(self, record: Record, config: Record, states: list[Record]) -> Fleet:
        return Fleet(record, config, states, store=self.records.store, make=self.make)

    def _capture(self, record: Record, config: Record) -> Capture | None:
        wanted = config.get("DataCaptureConfig") or {}
        if not wanted.get("EnableCapture"):
            return None
        models = {
            variant["VariantName"]: self.records.store.get("model", variant.get("ModelName", "")) or {}
            for variant in config["ProductionVariants"]
        }

        def put(variant: str, bucket: str, key: str, body: bytes) -> None:
            self.put_captured(models[variant], bucket, key, body, wanted.get("KmsKeyId") or None)

        return Capture(record["EndpointName"], wanted, put)


def shift(
    live: LiveEndpoint,
    green: Fleet,
    steps: rollout.Rollout,
    *,
    alarm_states: AlarmStates,
    capture: Capture | None = None,
    began: float | None = None,
) -> None:
    """Shift traffic step by step. began: when the deployment did, by the monotonic clock. Raises RollbackError."""
    began = time.monotonic() if began is None else began
    for step in steps.steps:
        live.shift(green, step.share, capture)
        _watch(steps, step.wait, began, alarm_states)
    _watch(steps, steps.termination_wait, began, alarm_states)


def _watch(steps: rollout.Rollout, seconds: float, began: float, alarm_states: AlarmStates) -> None:
    """Wait and watch the alarms. Raises RollbackError."""
    end = time.monotonic() + seconds
    while True:
        tripped = [name for name, state in alarm_states(steps.alarms).items() if state == "ALARM"]
        if tripped:
            raise RollbackError(f"Deployment was rolled back: the alarms {', '.join(tripped)} went to ALARM.")
        now = time.monotonic()
        if now - began > steps.timeout:
            raise RollbackError(f"Deployment was rolled back: it took longer than {steps.timeout:g} seconds.")
        if now >= end:
            return
        time.sleep(min(_POLL, end - now))
