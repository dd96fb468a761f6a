"""Runs endpoints: brings fleets up, shifts traffic, rolls back, takes fleets down, and keeps the records in step."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from local_aws.server.sagemaker import clients, rollout, scope, variants
from local_aws.server.sagemaker.capture import Capture
from local_aws.server.sagemaker.containers import ContainerFailure, ContainerStopped
from local_aws.server.sagemaker.fleet import Fleet, MakeContainer
from local_aws.server.sagemaker.live import LiveEndpoint
from local_aws.server.sagemaker.store import Record, Scope, Store

logger = logging.getLogger("rubric.sagemaker.endpoints")

KIND = "endpoint"
CONFIG = "endpoint-config"
CHANGED = "SageMaker Endpoint State Change"
_LOST = "The local AWS was stopped while the endpoint was being created."
_POLL = 1.0


class RollbackError(Exception):
    """A deployment that its alarms, or its time limit, ended; the message is the FailureReason."""


class Endpoints:
    """The endpoints that run, by account, region and name."""

    def __init__(
        self,
        store: Store,
        publish: Callable[[str, Record, str], None],
        *,
        workdir: Path,
        make: MakeContainer,
        put_captured: Callable[[Record, str, str, bytes, str | None], None],
        alarm_states: Callable[[Iterable[str]], dict[str, str | None]],
    ) -> None:
        """`put_captured(model, bucket, key, body, KMS key)` writes what data capture has of a model."""
        self._store = store
        self._publish = publish
        self._workdir = workdir
        self._make = make
        self._put_captured = put_captured
        self._alarm_states = alarm_states
        self._live: dict[tuple[Scope, str], LiveEndpoint] = {}

    def live(self, name: str) -> LiveEndpoint | None:
        """The endpoint of that name in the current account and region, if it has or will have a fleet."""
        return self._live.get((self._store.scope(), name))

    def all_live(self) -> list[LiveEndpoint]:
        return list(self._live.values())

    def missing_alarms(self, names: Iterable[str]) -> list[str]:
        return [name for name, state in self._alarm_states(names).items() if state is None]

    # What the operations call; each starts a thread.

    def create(self, record: Record) -> None:
        self._publish(CHANGED, record, record["EndpointArn"])
        self._background("create", record, self._create)

    def update(self, record: Record, config: Record, *, request: dict[str, Any]) -> None:
        self._publish(CHANGED, record, record["EndpointArn"])
        self._background("update", record, self._update, config, request)

    def reweigh(self, record: Record) -> None:
        self._publish(CHANGED, record, record["EndpointArn"])
        self._background("reweigh", record, self._reweigh)

    def delete(self, record: Record) -> None:
        self._publish(CHANGED, record, record["EndpointArn"])
        self._background("delete", record, self._delete)

    def recover(self) -> None:
        """After a restart: bring up the fleets of the endpoints that served; the account and region must be set."""
        for record in self._store.all(KIND):
            status = record["EndpointStatus"]
            record.pop("PendingConfigName", None)
            if status == "Deleting":
                self._forget(record)
            elif status == "Creating":
                self._settle(record, "Failed", FailureReason=_LOST)
            elif status != "Failed":
                self._enter(record)
                self._settle(record, "SystemUpdating")
                self._background("recover", record, self._recover)

    def stop_all(self) -> None:
        """When the server stops; the records stay as they were saved."""
        fleets = [fleet for live in self.all_live() for fleet in live.fleets()]
        threads = [threading.Thread(target=fleet.stop) for fleet in fleets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def forget_all(self) -> None:
        self._live.clear()

    # The threads.

    def _create(self, record: Record) -> None:
        live = self._enter(record)
        config = self._store.get(CONFIG, record["EndpointConfigName"])
        try:
            if config is None:
                raise ContainerFailure(f"Could not find endpoint configuration {record['EndpointConfigName']}.")
            fleet = self._fleet(record, config, record["ProductionVariants"])
            fleet.start(self._workdir)
        except ContainerFailure as failure:
            live.ready.set()
            self._settle(record, "Failed", FailureReason=failure.reason)
            return
        live.serve(fleet, self._capture(record, config))
        self._settle(record, "InService", **self._deployed(config, record["ProductionVariants"]))

    def _update(self, record: Record, config: Record, request: dict[str, Any]) -> None:
        live = self.live(record["EndpointName"])
        if live is None or live.fleet is None:
            raise RuntimeError(f"the endpoint {record['EndpointName']} has no fleet to update")
        blue = live.fleet
        desired = variants.updated(record, config, request=request)
        green = self._fleet(record, config, desired)
        began = time.monotonic()
        try:
            green.start(self._workdir)
        except ContainerFailure as failure:
            self._settle(record, "InService", FailureReason=failure.reason)
            return
        steps = rollout.plan(
            record.get("LastDeploymentConfig"), instances=max(v.count for v in green.variants.values())
        )
        try:
            self._shift(live, green, steps, self._capture(record, config), began)
        except RollbackError as reason:
            self._roll_back(record, live, green, str(reason))
            return
        except BaseException:
            live.unshift()
            self._retire(live, green)
            raise
        live.serve(green, None)
        self._retire(live, blue)
        self._settle(
            record, "InService", **self._deployed(config, desired), EndpointConfigName=config["EndpointConfigName"]
        )

    def _shift(
        self, live: LiveEndpoint, green: Fleet, steps: rollout.Rollout, capture: Capture | None, began: float
    ) -> None:
        """Raises RollbackError."""
        for step in steps.steps:
            live.shift(green, step.share, capture)
            self._watch(steps, step.wait, began)
        self._watch(steps, steps.termination_wait, began)

    def _watch(self, steps: rollout.Rollout, seconds: float, began: float) -> None:
        """Wait, with an eye on the alarms. Raises RollbackError."""
        end = time.monotonic() + seconds
        while True:
            tripped = [name for name, state in self._alarm_states(steps.alarms).items() if state == "ALARM"]
            if tripped:
                raise RollbackError(f"Deployment was rolled back: the alarms {', '.join(tripped)} went to ALARM.")
            now = time.monotonic()
            if now - began > steps.timeout:
                raise RollbackError(f"Deployment was rolled back: it took longer than {steps.timeout:g} seconds.")
            if now >= end:
                return
            time.sleep(min(_POLL, end - now))

    def _roll_back(self, record: Record, live: LiveEndpoint, green: Fleet, reason: str) -> None:
        self._settle(record, "RollingBack", FailureReason=reason, keep_pending=True)
        live.unshift()
        self._retire(live, green)
        self._settle(record, "InService", FailureReason=reason)

    def _reweigh(self, record: Record) -> None:
        live = self.live(record["EndpointName"])
        reached = variants.reached(record["ProductionVariants"])
        for fleet in live.fleets() if live is not None else []:
            for variant in reached:
                if variant["VariantName"] in fleet.variants:
                    fleet.variants[variant["VariantName"]].weight = variant["CurrentWeight"]
                    fleet.variants[variant["VariantName"]].count = max(1, variant["CurrentInstanceCount"])
        self._settle(record, "InService", ProductionVariants=reached)

    def _delete(self, record: Record) -> None:
        live = self.live(record["EndpointName"])
        for fleet in live.fleets() if live is not None else []:
            self._retire(live, fleet)
        self._forget(record)

    def _recover(self, record: Record) -> None:
        live = self.live(record["EndpointName"])
        config = self._store.get(CONFIG, record["EndpointConfigName"])
        if live is None or config is None:
            raise RuntimeError(f"the endpoint configuration {record['EndpointConfigName']} is gone")
        clients.await_gateway()
        fleet = self._fleet(record, config, record["ProductionVariants"])
        try:
            fleet.start(self._workdir)
        except ContainerFailure as failure:
            live.ready.set()
            self._settle(record, "Failed", FailureReason=failure.reason)
            return
        live.serve(fleet, self._capture(record, config))
        self._settle(record, "InService")

    # Helpers.

    def _background(self, what: str, record: Record, work: Callable[..., None], *arguments: Any) -> None:
        scope.in_background(f"{what}-{record['EndpointName']}", self._run, record, work, *arguments)

    def _run(self, record: Record, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(record, *arguments)
        except ContainerStopped:
            logger.info("The server stopped while %s was starting", record["EndpointName"])
        except Exception as error:  # the endpoint must leave its busy status, whatever went wrong
            logger.exception("The endpoint %s failed outside its containers", record["EndpointName"])
            live = self.live(record["EndpointName"])
            serves = live is not None and live.fleet is not None
            if live is not None:
                live.ready.set()
            self._settle(record, "InService" if serves else "Failed", FailureReason=f"InternalServerError: {error}")

    def _enter(self, record: Record) -> LiveEndpoint:
        live = LiveEndpoint(record["EndpointName"], self._store.scope())
        self._live[(self._store.scope(), record["EndpointName"])] = live
        return live

    def _fleet(self, record: Record, config: Record, states: list[Record]) -> Fleet:
        return Fleet(record, config, states, store=self._store, make=self._make)

    def _capture(self, record: Record, config: Record) -> Capture | None:
        wanted = config.get("DataCaptureConfig") or {}
        if not wanted.get("EnableCapture"):
            return None
        models = {
            variant["VariantName"]: self._store.get("model", variant["ModelName"]) or {}
            for variant in config["ProductionVariants"]
        }

        def put(variant: str, bucket: str, key: str, body: bytes) -> None:
            self._put_captured(models[variant], bucket, key, body, wanted.get("KmsKeyId") or None)

        return Capture(record["EndpointName"], wanted, put)

    def _retire(self, live: LiveEndpoint | None, fleet: Fleet) -> None:
        fleet.stop()
        capture = live.drop_capture(fleet) if live is not None else None
        if capture is not None:
            capture.close()

    def _deployed(self, config: Record, states: list[Record]) -> dict[str, Any]:
        """ProductionVariants with what runs in them."""
        models = {variant["VariantName"]: variant["ModelName"] for variant in config["ProductionVariants"]}
        now = time.time()
        shown = []
        for state in states:
            model = self._store.get("model", models[state["VariantName"]]) or {}
            containers = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model.get("Containers", [])
            images = [
                {"SpecifiedImage": item["Image"], "ResolvedImage": item["Image"], "ResolutionTime": now}
                for item in containers
                if "Image" in item
            ]
            shown.append({**state, "DeployedImages": images})
        return {"ProductionVariants": shown}

    def _settle(self, record: Record, status: str, *, keep_pending: bool = False, **members: Any) -> None:
        with self._store.lock:
            if not keep_pending:
                record.pop("PendingConfigName", None)
            record.update(members, LastModifiedTime=time.time(), EndpointStatus=status)
        self._publish(CHANGED, record, record["EndpointArn"])

    def _forget(self, record: Record) -> None:
        with self._store.lock:
            self._live.pop((self._store.scope(), record["EndpointName"]), None)
            self._store.remove(KIND, record["EndpointName"])
            self._store.set_tags(record["EndpointArn"], {})
