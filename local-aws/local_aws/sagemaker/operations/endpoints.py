"""Endpoints: the records and the rules; local_aws.sagemaker.endpoints runs them."""

from typing import Any

from local_aws import faults
from local_aws.common.errors import already_exists, not_found, validation
from local_aws.common.store import Record
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.endpoints import variants
from local_aws.sagemaker.operations import endpoint_configs
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "endpoint"
BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise not_found(KIND, plane.store.arn(f"{KIND}/{name}"))
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    name = request["EndpointName"]
    arn = plane.store.arn(f"{KIND}/{name}")
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise already_exists(KIND, arn)
        config = endpoint_configs.find(plane, request["EndpointConfigName"])
        _check_alarm_access(plane, request.get("DeploymentConfig") or {}, config)
        record = request | {"EndpointArn": arn, "EndpointStatus": "Creating"}
        record |= {"ProductionVariants": variants.initial(config)}
        _connect(plane, arn, config)
        if "DeploymentConfig" in request:
            record["LastDeploymentConfig"] = record.pop("DeploymentConfig")
        record = plane.create(KIND, name, record, arn_member="EndpointArn", tags=request.get("Tags"))
    plane.endpoints.create(record)
    return record


def update(plane: Plane, request: dict[str, Any]) -> Record:
    """Start an update: the new containers start first; the record keeps the old configuration until they serve."""
    with plane.store.lock:
        record = _idle(plane, request["EndpointName"])
        config = endpoint_configs.find(plane, request["EndpointConfigName"])
        current = plane.store.get(endpoint_configs.KIND, record["EndpointConfigName"])
        if current is None and faults.on(faults.LOST_CONFIG):
            endpoint_configs.find(plane, record["EndpointConfigName"])
        if config["EndpointConfigName"] == record["EndpointConfigName"] and faults.on(faults.SAME_CONFIG_REFUSED):
            raise validation(f"The endpoint already uses the configuration {config['EndpointConfigName']}.")
        variants.check_update(record, config, current=current, request=request)
        _check_alarms(plane, request.get("DeploymentConfig") or {})
        _check_alarm_access(plane, request.get("DeploymentConfig") or {}, config)
        if "DeploymentConfig" in request:
            record["LastDeploymentConfig"] = request["DeploymentConfig"]
        elif not request.get("RetainDeploymentConfig"):
            record.pop("LastDeploymentConfig", None)
        record.pop("FailureReason", None)
        _connect(plane, record["EndpointArn"], config)
        plane.touch(record, EndpointStatus="Updating", PendingConfigName=config["EndpointConfigName"])
    plane.endpoints.update(record, config, request=request)
    return record


def update_weights_and_capacities(plane: Plane, request: dict[str, Any]) -> Record:
    with plane.store.lock:
        record = _idle(plane, request["EndpointName"])
        known = {variant["VariantName"]: variant for variant in record["ProductionVariants"]}
        for desired in request["DesiredWeightsAndCapacities"]:
            if desired["VariantName"] not in known:
                raise validation(f'The variant "{desired["VariantName"]}" was not found in the endpoint.')
        for desired in request["DesiredWeightsAndCapacities"]:
            variant = known[desired["VariantName"]]
            for member in ("DesiredWeight", "DesiredInstanceCount"):
                if member in desired:
                    variant[member] = desired[member]
        plane.touch(record, EndpointStatus="Updating")
    plane.endpoints.reweigh(record)
    return record


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["EndpointName"])
        if record["EndpointStatus"] in BUSY:
            raise validation(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        plane.touch(record, EndpointStatus="Deleting")
    plane.endpoints.delete(record)
    for config in _vpc_configs(plane, record["EndpointConfigName"]):
        networks.disconnect(record["EndpointArn"], config)
    return {}


def _connect(plane: Plane, arn: str, config: Record) -> None:
    """Give an endpoint the interfaces of a configuration; those of its earlier ones stay until it is deleted."""
    instances = sum(int(variant.get("InitialInstanceCount", 1)) for variant in config["ProductionVariants"])
    for vpc in _vpc_configs(plane, config["EndpointConfigName"]):
        networks.connect(arn, vpc, instances=instances)


def _vpc_configs(plane: Plane, name: str) -> list[dict[str, Any]]:
    """Return the VpcConfigs of an endpoint configuration: its models' and its own."""
    config = plane.store.get(endpoint_configs.KIND, name) or {}
    models = (
        plane.store.get("model", variant.get("ModelName", "")) or {} for variant in config.get("ProductionVariants", [])
    )
    return [each["VpcConfig"] for each in (*models, config) if each.get("VpcConfig")]


def describe(plane: Plane, request: dict[str, Any]) -> Record:
    record = find(plane, request["EndpointName"])
    config = plane.store.get(endpoint_configs.KIND, record["EndpointConfigName"]) or {}
    capture = config.get("DataCaptureConfig")
    if not capture:
        return record
    enabled = bool(capture.get("EnableCapture"))
    return record | {
        "DataCaptureConfig": {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    }


def _check_alarms(plane: Plane, deployment: dict[str, Any]) -> None:
    missing = plane.endpoints.missing_alarms(_alarms(deployment))
    if missing:
        raise validation(f"Could not find the CloudWatch alarms of AutoRollbackConfiguration: {', '.join(missing)}")


def _check_alarm_access(plane: Plane, deployment: dict[str, Any], config: Record) -> None:
    """Check cloudwatch:DescribeAlarms, required by "Execution roles" and "Auto-Rollback Configuration and Monitoring".

    AWS does not document what SageMaker does without it; refusing the request reveals the mistake.
    """
    names = _alarms(deployment)
    models = {variant.get("ModelName", "") for variant in config["ProductionVariants"]} if names else set()
    for model in filter(None, (plane.store.get("model", name) for name in sorted(models))):
        role = creation.model_role(plane.roles, model)
        if role is not None:
            for name in names:
                creation.require(role, "cloudwatch:DescribeAlarms", alarm_arn(plane, name))


def _alarms(deployment: dict[str, Any]) -> list[str]:
    return [alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])]


def alarm_arn(plane: Plane, name: str) -> str:
    account, region = plane.store.scope()
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"


def _idle(plane: Plane, name: str) -> Record:
    record = find(plane, name)
    if record["EndpointStatus"] in BUSY:
        raise validation(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
    if record["EndpointStatus"] == "Failed":
        raise validation(f'Cannot update endpoint "{record["EndpointArn"]}" in Failed status: delete it instead.')
    return record


OPERATIONS = {
    "CreateEndpoint": create,
    "DescribeEndpoint": describe,
    "UpdateEndpoint": update,
    "UpdateEndpointWeightsAndCapacities": update_weights_and_capacities,
    "DeleteEndpoint": delete,
    "ListEndpoints": lister("ListEndpoints", KIND, member="Endpoints", name="EndpointName", status="EndpointStatus"),
}
