"""Run inference components: a process while a component has copies, none while it has not."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.common import clients, scope
from local_aws.common.store import Record, Scope, Store
from local_aws.containers import ContainerFailure, ContainerStopped
from local_aws.sagemaker.endpoints import rollout
from local_aws.sagemaker.endpoints.deployment import AlarmStates, RollbackError, shift
from local_aws.sagemaker.endpoints.fleet import Fleet, MakeContainer
from local_aws.sagemaker.endpoints.live import LiveEndpoint

logger = logging.getLogger("local_aws.sagemaker.components")

KIND = "inference-component"
_ENDPOINT, _CONFIG = "endpoint", "endpoint-config"
_LOST = "The local AWS was stopped while the inference component was being created."
# How long an instance takes to come, which on AWS are minutes ("provisioning takes several minutes").
_INSTANCE_SECONDS = 5.0


class Components:
    """Running components by account, region and name. make: makes a container that logs to a component's group."""

    def __init__(self, store: Store, *, workdir: Path, make: MakeContainer, alarm_states: AlarmStates) -> None:
        self._store = store
        self._workdir = workdir
        self._make = make
        self._alarm_states = alarm_states
        self._live: dict[tuple[Scope, str], LiveEndpoint] = {}
        self._stopping = threading.Event()

    def live(self, name: str) -> LiveEndpoint | None:
        """Return the component of that name in the current account and region; it has a fleet while it has copies."""
        return self._live.get((self._store.scope(), name))

    def all_live(self) -> list[LiveEndpoint]:
        return list(self._live.values())

    # Called by the operations; each starts a thread.

    def create(self, record: Record) -> None:
        self._background("create", record, self._create)

    def update(self, record: Record, specification: dict[str, Any]) -> None:
        """Roll out a specification: the copies with it start first."""
        self._background("update", record, self._update, specification)

    def scale(self, record: Record) -> None:
        """Have as many copies as RuntimeConfig asks for."""
        self._background("scale", record, self._scale)

    def delete(self, record: Record) -> None:
        self._background("delete", record, self._delete)

    def recover(self) -> None:
        """Restart what was running before a server restart; the account and region must be set."""
        for record in self._store.all(KIND):
            status = record["InferenceComponentStatus"]
            if status == "Deleting":
                self._forget(record)
            elif status == "Creating":
                self._settle(record, "Failed", FailureReason=_LOST)
            elif status != "Failed":
                self._enter(record)
                self._settle(record, "Updating")
                self._background("recover", record, self._recover)

    def stop_all(self) -> None:
        """Stop all processes when the server stops; the records stay as they were saved."""
        for fleet in [fleet for live in self.all_live() for fleet in live.fleets()]:
            fleet.stop()

    def forget_all(self) -> None:
        self._live.clear()

    # Work done on the threads.

    def _create(self, record: Record) -> None:
        live = self._enter(record)
        try:
            self._start(record, live)
        except ContainerFailure as failure:
            live.ready.set()
            self._settle(record, "Failed", FailureReason=failure.reason)
            return
        self._settle(record, "InService")

    def _scale(self, record: Record) -> None:
        live = self._existing(record)
        wanted = int(record["RuntimeConfig"]["DesiredCopyCount"])
        if wanted == 0:
            self._rest(record, live)
        elif live.fleet is None:
            self._wait_for_an_instance()
            try:
                self._start(record, live)
            except ContainerFailure as failure:
                # The copies that it was asked for did not come: it has those that it had, none.
                self._settle(record, "InService", FailureReason=failure.reason)
                return
        self._count(record, wanted)
        self._settle(record, "InService")

    def _update(self, record: Record, specification: dict[str, Any]) -> None:
        live = self._existing(record)
        wanted = int(record["RuntimeConfig"]["DesiredCopyCount"])
        if live.fleet is None and wanted == 0:
            self._settle(record, "InService", Specification=specification)
            return
        old, green = live.fleet, self._fleet(record, specification)
        try:
            if old is None:
                self._wait_for_an_instance()
            green.start(self._workdir)
            if old is not None:
                steps = rollout.plan(record.get("LastDeploymentConfig"), instances=wanted)
                shift(live, green, steps, alarm_states=self._alarm_states)
        except ContainerFailure as failure:
            self._settle(record, "InService", FailureReason=failure.reason)
            return
        except RollbackError as reason:
            live.unshift()
            green.stop()
            self._settle(record, "InService", FailureReason=str(reason))
            return
        except BaseException:
            live.unshift()
            green.stop()
            raise
        live.serve(green, None)
        if old is not None:
            old.stop()
        self._count(record, wanted)
        self._settle(record, "InService", Specification=specification)

    def _delete(self, record: Record) -> None:
        live = self.live(record["InferenceComponentName"])
        for fleet in live.fleets() if live is not None else []:
            fleet.stop()
        self._forget(record)

    def _recover(self, record: Record) -> None:
        live = self._existing(record)
        clients.await_gateway()
        if int(record["RuntimeConfig"]["DesiredCopyCount"]) == 0:
            self._count(record, 0)
            live.ready.set()
            self._settle(record, "InService")
            return
        self._create(record)

    # Helpers.

    def _start(self, record: Record, live: LiveEndpoint) -> None:
        """Put copies in service. Raises ContainerFailure."""
        fleet = self._fleet(record, record["Specification"])
        fleet.start(self._workdir)
        live.serve(fleet, None)
        self._count(record, int(record["RuntimeConfig"]["DesiredCopyCount"]))

    def _rest(self, record: Record, live: LiveEndpoint) -> None:
        fleets = live.fleets()
        live.rest()
        self._count(record, 0)
        for fleet in fleets:
            fleet.stop()

    def _wait_for_an_instance(self) -> None:
        seconds = float(os.environ.get("LOCAL_AWS_INSTANCE_SECONDS") or _INSTANCE_SECONDS)
        self._stopping.wait(seconds)

    def _fleet(self, record: Record, specification: dict[str, Any]) -> Fleet:
        """One process, whatever the number of copies, in the isolation and network that the endpoint's config sets."""
        endpoint = self._store.get(_ENDPOINT, record["EndpointName"]) or {}
        config = self._store.get(_CONFIG, endpoint.get("EndpointConfigName", "")) or {}
        name = record["VariantName"]
        variant = {"VariantName": name, "ModelName": specification["ModelName"]}
        variant |= specification.get("StartupParameters", {})
        count = int(record["RuntimeConfig"]["DesiredCopyCount"])
        states = [{"VariantName": name, "DesiredWeight": 1.0, "DesiredInstanceCount": count}]
        return Fleet(
            {"EndpointName": record["InferenceComponentName"]},
            {**config, "ProductionVariants": [variant]},
            states,
            store=self._store,
            make=self._make,
        )

    def _count(self, record: Record, copies: int) -> None:
        """Set how many copies there are, and with them the endpoint's instances: one for each copy here."""
        with self._store.lock:
            record["RuntimeConfig"] = {**record["RuntimeConfig"], "CurrentCopyCount": copies}
            live = self.live(record["InferenceComponentName"])
            if live is not None and live.fleet is not None:
                for variant in live.fleet.variants.values():
                    variant.count = max(1, copies)
            hosted = [each for each in self._store.all(KIND) if each["EndpointName"] == record["EndpointName"]]
            total = sum(int(each["RuntimeConfig"].get("CurrentCopyCount", 0)) for each in hosted)
            endpoint = self._store.get(_ENDPOINT, record["EndpointName"])
            for variant in endpoint["ProductionVariants"] if endpoint is not None else []:
                if variant["VariantName"] == record["VariantName"]:
                    variant |= {"CurrentInstanceCount": total, "DesiredInstanceCount": total}

    def _settle(self, record: Record, status: str, **members: Any) -> None:
        with self._store.lock:
            if "FailureReason" not in members:
                record.pop("FailureReason", None)
            record.update(members, LastModifiedTime=time.time(), InferenceComponentStatus=status)

    def _background(self, what: str, record: Record, work: Callable[..., None], *arguments: Any) -> None:
        scope.in_background(f"{what}-{record['InferenceComponentName']}", self._run, record, work, *arguments)

    def _run(self, record: Record, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(record, *arguments)
        except ContainerStopped:
            logger.info("The server stopped while %s was starting", record["InferenceComponentName"])
        except Exception as error:  # the component must leave its busy status after any error
            logger.exception("The component %s failed outside its containers", record["InferenceComponentName"])
            live = self.live(record["InferenceComponentName"])
            if live is not None:
                live.ready.set()
            serves = live is not None and live.fleet is not None
            self._settle(record, "InService" if serves else "Failed", FailureReason=f"InternalServerError: {error}")

    def _existing(self, record: Record) -> LiveEndpoint:
        live = self.live(record["InferenceComponentName"])
        return live if live is not None else self._enter(record)

    def _enter(self, record: Record) -> LiveEndpoint:
        live = LiveEndpoint(record["InferenceComponentName"], self._store.scope(), host=record["EndpointName"])
        self._live[(self._store.scope(), record["InferenceComponentName"])] = live
        return live

    def _forget(self, record: Record) -> None:
        with self._store.lock:
            self._live.pop((self._store.scope(), record["InferenceComponentName"]), None)
            self._store.remove(KIND, record["InferenceComponentName"])
            self._store.set_tags(record["InferenceComponentArn"], {})
