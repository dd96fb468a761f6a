"""An endpoint's production variants: their weights and counts, and the changes that an update may make."""

from typing import Any

from local_aws.common.errors import validation
from local_aws.common.store import Record

_SERVERLESS_COUNT = 0


def initial(config: Record) -> list[Record]:
    """Return a new endpoint's variants, as DescribeEndpoint shows them."""
    return [_variant(variant) for variant in config["ProductionVariants"]]


def updated(record: Record, config: Record, *, request: dict[str, Any]) -> list[Record]:
    """Return the variants after an update: RetainAllVariantProperties keeps weights and counts except excluded ones."""
    fresh = initial(config)
    if not request.get("RetainAllVariantProperties"):
        return fresh
    excluded = {item["VariantPropertyType"] for item in request.get("ExcludeRetainedVariantProperties", [])}
    current = {variant["VariantName"]: variant for variant in record["ProductionVariants"]}
    for variant in fresh:
        before = current.get(variant["VariantName"])
        if before is None:
            continue
        for kind, ours in (("DesiredInstanceCount", "CurrentInstanceCount"), ("DesiredWeight", "CurrentWeight")):
            if kind not in excluded and kind in before and kind in variant:
                variant[kind] = variant[ours] = before[kind]
    return fresh


def reached(variants: list[Record]) -> list[Record]:
    """Return the variants after they reach their desired values."""
    done = [dict(variant) for variant in variants]
    for variant in done:
        for kind, ours in (("DesiredInstanceCount", "CurrentInstanceCount"), ("DesiredWeight", "CurrentWeight")):
            if kind in variant:
                variant[ours] = variant[kind]
    return done


def check_update(record: Record, config: Record, *, current: Record | None, request: dict[str, Any]) -> None:
    """Raise ValidationException for an update that SageMaker refuses."""
    if current is not None and _is_serverless(config) != _is_serverless(current):
        raise validation(
            f'Cannot update endpoint "{record["EndpointArn"]}": '
            "an instance-based endpoint cannot be turned into a serverless one, nor the other way round."
        )
    deployment = request.get("DeploymentConfig") or {}
    if "BlueGreenUpdatePolicy" in deployment and "RollingUpdatePolicy" in deployment:
        raise validation("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified")
    if not deployment:
        return
    old = {variant["VariantName"] for variant in record["ProductionVariants"]}
    new = {variant["VariantName"] for variant in config["ProductionVariants"]}
    if old != new:
        raise validation(
            "An update with a DeploymentConfig needs the same variant names in the old and the new configuration: "
            f"{', '.join(sorted(old))} and {', '.join(sorted(new))}"
        )
    if "RollingUpdatePolicy" in deployment and (_is_serverless(config) or len(new) > 1):
        raise validation("A rolling deployment supports neither serverless endpoints nor several production variants")


def _variant(configured: dict[str, Any]) -> Record:
    weight = configured.get("InitialVariantWeight", 1.0)
    serverless = configured.get("ServerlessConfig")
    count = _SERVERLESS_COUNT if serverless else configured.get("InitialInstanceCount", 1)
    variant: Record = {
        "VariantName": configured["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
    }
    if serverless:
        return variant | {"CurrentServerlessConfig": serverless}
    return variant | {"DesiredInstanceCount": count}


def _is_serverless(config: Record) -> bool:
    return any("ServerlessConfig" in variant for variant in config["ProductionVariants"])
