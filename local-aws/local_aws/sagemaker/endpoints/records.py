"""Endpoint records, as changed by the threads that run the endpoints."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.common.store import Record, Store

KIND = "endpoint"
CONFIG = "endpoint-config"
CHANGED = "SageMaker Endpoint State Change"


@dataclass(frozen=True)
class Records:
    """Endpoint records. `publish(detail type, record, ARN)` reports a state change to EventBridge."""

    store: Store
    publish: Callable[[str, Record, str], None]

    def config(self, record: Record) -> Record | None:
        """Return an endpoint's configuration."""
        return self.store.get(CONFIG, record["EndpointConfigName"])

    def changed(self, record: Record) -> None:
        """Publish the endpoint's status on EventBridge."""
        self.publish(CHANGED, record, record["EndpointArn"])

    def settle(self, record: Record, status: str, *, keep_pending: bool = False, **members: Any) -> None:
        """Set the endpoint's status."""
        with self.store.lock:
            if not keep_pending:
                record.pop("PendingConfigName", None)
            record.update(members, LastModifiedTime=time.time(), EndpointStatus=status)
        self.changed(record)

    def deployed(self, config: Record, states: list[Record]) -> list[Record]:
        """Return ProductionVariants with details of the running containers."""
        models = {variant["VariantName"]: variant.get("ModelName", "") for variant in config["ProductionVariants"]}
        now = time.time()
        shown = []
        for state in states:
            model = self.store.get("model", models[state["VariantName"]]) or {}
            containers = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model.get("Containers", [])
            images = [
                {"SpecifiedImage": item["Image"], "ResolvedImage": item["Image"], "ResolutionTime": now}
                for item in containers
                if "Image" in item
            ]
            shown.append({**state, "DeployedImages": images})
        return shown

    def forget(self, record: Record) -> None:
        with self.store.lock:
            self.store.remove(KIND, record["EndpointName"])
            self.store.set_tags(record["EndpointArn"], {})
