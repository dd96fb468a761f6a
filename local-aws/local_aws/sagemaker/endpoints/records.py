"""The records of endpoints, as the threads that run the endpoints change them."""

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
    """`publish(detail type, record, ARN)` tells EventBridge of a change of state."""

    store: Store
    publish: Callable[[str, Record, str], None]

    def config(self, record: Record) -> Record | None:
        """The configuration that an endpoint has."""
        return self.store.get(CONFIG, record["EndpointConfigName"])

    def changed(self, record: Record) -> None:
        """Tell EventBridge of the endpoint's status."""
        self.publish(CHANGED, record, record["EndpointArn"])

    def settle(self, record: Record, status: str, *, keep_pending: bool = False, **members: Any) -> None:
        """Put the endpoint into a status."""
        with self.store.lock:
            if not keep_pending:
                record.pop("PendingConfigName", None)
            record.update(members, LastModifiedTime=time.time(), EndpointStatus=status)
        self.changed(record)

    def deployed(self, config: Record, states: list[Record]) -> list[Record]:
        """ProductionVariants with what runs in them."""
        models = {variant["VariantName"]: variant["ModelName"] for variant in config["ProductionVariants"]}
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
