"""Run endpoints: live endpoints by name, a thread for each change, and what happens on stop and after a restart."""

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from local_aws.common import clients, scope
from local_aws.common.store import Record, Scope, Store
from local_aws.containers import ContainerStopped
from local_aws.sagemaker.endpoints import variants
from local_aws.sagemaker.endpoints.deployment import AlarmStates, Deployments, PutCaptured
from local_aws.sagemaker.endpoints.fleet import MakeContainer
from local_aws.sagemaker.endpoints.live import LiveEndpoint
from local_aws.sagemaker.endpoints.records import KIND, Records

logger = logging.getLogger("local_aws.sagemaker.endpoints")

_LOST = "The local AWS was stopped while the endpoint was being created."


class Endpoints:
    """Running endpoints by account, region and name."""

    def __init__(
        self,
        store: Store,
        publish: Callable[[str, Record, str], None],
        *,
        workdir: Path,
        make: MakeContainer,
        put_captured: PutCaptured,
        alarm_states: AlarmStates,
    ) -> None:
        """Create the set; `put_captured(model, bucket, key, body, KMS key)` writes a model's captured data."""
        self._store = store
        self._records = Records(store, publish)
        self._deployments = Deployments(self._records, workdir, make, put_captured, alarm_states)
        self._alarm_states = alarm_states
        self._live: dict[tuple[Scope, str], LiveEndpoint] = {}

    def live(self, name: str) -> LiveEndpoint | None:
        """Return the endpoint of that name in the current account and region, if it has or will have a fleet."""
        return self._live.get((self._store.scope(), name))

    def all_live(self) -> list[LiveEndpoint]:
        return list(self._live.values())

    def missing_alarms(self, names: Iterable[str]) -> list[str]:
        return [name for name, state in self._alarm_states(names).items() if state is None]

    # Called by the operations; each starts a thread.

    def create(self, record: Record) -> None:
        self._records.changed(record)
        self._background("create", record, self._create)

    def update(self, record: Record, config: Record, *, request: dict[str, Any]) -> None:
        self._records.changed(record)
        self._background("update", record, self._update, config, request)

    def reweigh(self, record: Record) -> None:
        self._records.changed(record)
        self._background("reweigh", record, self._reweigh)

    def delete(self, record: Record) -> None:
        self._records.changed(record)
        self._background("delete", record, self._delete)

    def recover(self) -> None:
        """Restart the fleets that were serving before a server restart; the account and region must be set."""
        for record in self._store.all(KIND):
            status = record["EndpointStatus"]
            record.pop("PendingConfigName", None)
            if status == "Deleting":
                self._forget(record)
            elif status == "Creating":
                self._records.settle(record, "Failed", FailureReason=_LOST)
            elif status != "Failed":
                self._enter(record)
                self._records.settle(record, "SystemUpdating")
                self._background("recover", record, self._recover)

    def stop_all(self) -> None:
        """Stop all fleets when the server stops; the records stay as they were saved."""
        fleets = [fleet for live in self.all_live() for fleet in live.fleets()]
        threads = [threading.Thread(target=fleet.stop) for fleet in fleets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def forget_all(self) -> None:
        self._live.clear()

    # Work done on the threads.

    def _create(self, record: Record) -> None:
        live, config = self._enter(record), self._records.config(record)
        if self._deployments.bring_up(record, live, config) and config is not None:
            deployed = self._records.deployed(config, record["ProductionVariants"])
            self._records.settle(record, "InService", ProductionVariants=deployed)

    def _update(self, record: Record, config: Record, request: dict[str, Any]) -> None:
        live = self.live(record["EndpointName"])
        if live is None or live.fleet is None:
            raise RuntimeError(f"the endpoint {record['EndpointName']} has no fleet to update")
        self._deployments.replace(record, live, live.fleet, config, request)

    def _reweigh(self, record: Record) -> None:
        live = self.live(record["EndpointName"])
        reached = variants.reached(record["ProductionVariants"])
        for fleet in live.fleets() if live is not None else []:
            for variant in reached:
                if variant["VariantName"] in fleet.variants:
                    fleet.variants[variant["VariantName"]].weight = variant["CurrentWeight"]
                    fleet.variants[variant["VariantName"]].count = max(1, variant["CurrentInstanceCount"])
        self._records.settle(record, "InService", ProductionVariants=reached)

    def _delete(self, record: Record) -> None:
        live = self.live(record["EndpointName"])
        if live is not None:
            for fleet in live.fleets():
                self._deployments.retire(live, fleet)
        self._forget(record)

    def _recover(self, record: Record) -> None:
        live, config = self.live(record["EndpointName"]), self._records.config(record)
        if live is None or config is None:
            raise RuntimeError(f"the endpoint configuration {record['EndpointConfigName']} is gone")
        clients.await_gateway()
        if self._deployments.bring_up(record, live, config):
            self._records.settle(record, "InService")

    # Helpers.

    def _background(self, what: str, record: Record, work: Callable[..., None], *arguments: Any) -> None:
        scope.in_background(f"{what}-{record['EndpointName']}", self._run, record, work, *arguments)

    def _run(self, record: Record, work: Callable[..., None], *arguments: Any) -> None:
        try:
            work(record, *arguments)
        except ContainerStopped:
            logger.info("The server stopped while %s was starting", record["EndpointName"])
        except Exception as error:  # the endpoint must leave its busy status after any error
            logger.exception("The endpoint %s failed outside its containers", record["EndpointName"])
            live = self.live(record["EndpointName"])
            serves = live is not None and live.fleet is not None
            if live is not None:
                live.ready.set()
            reason = f"InternalServerError: {error}"
            self._records.settle(record, "InService" if serves else "Failed", FailureReason=reason)

    def _enter(self, record: Record) -> LiveEndpoint:
        live = LiveEndpoint(record["EndpointName"], self._store.scope())
        self._live[(self._store.scope(), record["EndpointName"])] = live
        return live

    def _forget(self, record: Record) -> None:
        with self._store.lock:
            self._live.pop((self._store.scope(), record["EndpointName"]), None)
            self._records.forget(record)
