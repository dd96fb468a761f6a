"""Limits on what an account may run at once: a request beyond its quotas fails with ResourceLimitExceeded."""

from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.common.errors import limit_exceeded
from local_aws.common.store import Record
from local_aws.sagemaker.operations import endpoint_configs, endpoints, training_jobs, transform_jobs
from local_aws.sagemaker.plane import Plane

_ASK = (
    "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, "
    "contact AWS support to request an increase for this quota."
)
_RUNNING = ("InProgress", "Stopping")


def check(plane: Plane, operation: str, request: dict[str, Any]) -> None:
    """Raise ResourceLimitExceeded for a request that needs more instances than are left."""
    if operation == "CreateTrainingJob":
        use, own = _training(request), request.get("ResourceConfig", {})
        jobs = [job for job in _jobs(plane, training_jobs.KIND, "TrainingJobStatus") if _training(job) == use]
        _check_quota(plane, f"{use} job", [own], [job["ResourceConfig"] for job in jobs])
    elif operation == "CreateTransformJob":
        jobs = _jobs(plane, transform_jobs.KIND, "TransformJobStatus")
        _check_quota(
            plane, "transform job", [request["TransformResources"]], [job["TransformResources"] for job in jobs]
        )
    elif operation in ("CreateEndpoint", "UpdateEndpoint"):
        _check_quota(plane, "endpoint", _fleet(plane, request), _serving(plane))


def _training(job: Mapping[str, Any]) -> str:
    return "spot training" if job.get("EnableManagedSpotTraining") else "training"


def _jobs(plane: Plane, kind: str, status: str) -> list[Record]:
    return [record for record in plane.store.all(kind) if record[status] in _RUNNING]


def _fleet(plane: Plane, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the instances that a request adds; an update's start while the old ones still serve."""
    config = plane.store.get(endpoint_configs.KIND, request["EndpointConfigName"]) or {}
    kept: dict[str, int] = {}
    serving = plane.store.get(endpoints.KIND, request["EndpointName"])
    if serving is not None and request.get("RetainAllVariantProperties"):
        kept = {
            variant["VariantName"]: variant["DesiredInstanceCount"]
            for variant in serving.get("ProductionVariants", [])
            if "DesiredInstanceCount" in variant
        }
    return [
        {
            "InstanceType": variant["InstanceType"],
            "InstanceCount": kept.get(variant["VariantName"], variant.get("InitialInstanceCount", 1)),
        }
        for variant in config.get("ProductionVariants", [])
        if "InstanceType" in variant
    ]


def _serving(plane: Plane) -> list[dict[str, Any]]:
    limits = []
    for endpoint in plane.store.all(endpoints.KIND):
        config = plane.store.get(endpoint_configs.KIND, endpoint["EndpointConfigName"]) or {}
        types = {item["VariantName"]: item.get("InstanceType") for item in config.get("ProductionVariants", [])}
        for variant in endpoint.get("ProductionVariants", []):
            if types.get(variant["VariantName"]) and endpoint["EndpointStatus"] not in ("Deleting", "Failed"):
                count = variant.get("DesiredInstanceCount", variant.get("CurrentInstanceCount", 1))
                limits.append({"InstanceType": types[variant["VariantName"]], "InstanceCount": count})
    return limits


def _check_quota(
    plane: Plane, use: str, asked: Iterable[Mapping[str, Any]], running: Iterable[Mapping[str, Any]]
) -> None:
    wanted, used = _counted(asked), _counted(running)
    for instance_type, delta in wanted.items():
        name, present = f"{instance_type} for {use} usage", used.get(instance_type, 0)
        limit = plane.quota(name)
        if limit is not None and present + delta > limit:
            raise limit_exceeded(
                f"The account-level service limit '{name}' is {limit:g} Instances, with current utilization of "
                f"{present} Instances and a request delta of {delta} Instances. {_ASK}"
            )


def _counted(fleets: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for fleet in fleets:
        if "InstanceType" in fleet:
            counts[fleet["InstanceType"]] = counts.get(fleet["InstanceType"], 0) + int(fleet.get("InstanceCount", 1))
    return counts
