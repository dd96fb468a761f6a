"""Inference components: the records and the rules; local_aws.sagemaker.components runs them.

Sources: botocore's model; "Scale an endpoint to zero instances" in SageMaker's developer guide; the messages that AWS
was seen to send are quoted where they are used.
"""

from typing import Any

from local_aws.common.errors import already_exists, not_found, validation
from local_aws.common.store import Record
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.operations import endpoint_configs, endpoints, models
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "inference-component"
_NAMED = "inference component"
_BUSY = ("Creating", "Updating", "Deleting")
# What this machine does not run: refused, as a component that ignored them would only appear to work.
_NOT_HERE = ("Container", "BaseInferenceComponentName", "DataCacheConfig", "SchedulingConfig", "InstanceType")


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise not_found(_NAMED, plane.store.arn(f"{KIND}/{name}"))
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    """Create a component, with at least one copy.

    "Inference components copy count an integer larger than 0" (seen by stdapi-ai/stdapi.ai #43).
    """
    name = request["InferenceComponentName"]
    arn = plane.store.arn(f"{KIND}/{name}")
    copies = int(request.get("RuntimeConfig", {}).get("CopyCount", 0))
    if copies < 1:
        raise validation("Inference components copy count an integer larger than 0")
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise already_exists(_NAMED, arn)
        endpoint = endpoints.find(plane, request["EndpointName"])
        if endpoint["EndpointStatus"] != "InService":
            raise validation(f'Cannot create {_NAMED}: the endpoint "{endpoint["EndpointArn"]}" is not InService.')
        config = endpoint_configs.find(plane, endpoint["EndpointConfigName"])
        variant = _variant(config, request.get("VariantName"))
        _check_capacity(config, variant, copies)
        record = {
            "InferenceComponentName": name,
            "InferenceComponentArn": arn,
            "EndpointName": endpoint["EndpointName"],
            "EndpointArn": endpoint["EndpointArn"],
            "VariantName": variant["VariantName"],
            "Specification": _specification(plane, request),
            "RuntimeConfig": {"DesiredCopyCount": copies, "CurrentCopyCount": 0},
            "InferenceComponentStatus": "Creating",
        }
        record = plane.create(KIND, name, record, arn_member="InferenceComponentArn", tags=request.get("Tags"))
    plane.components.create(record)
    return record


def update(plane: Plane, request: dict[str, Any]) -> Record:
    """Roll out another specification, or another number of copies."""
    with plane.store.lock:
        record = _idle(plane, request["InferenceComponentName"])
        deployment = request.get("DeploymentConfig") or {}
        alarms = [alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])]
        missing = plane.endpoints.missing_alarms(alarms)
        if missing:
            raise validation(f"Could not find the CloudWatch alarms of AutoRollbackConfiguration: {', '.join(missing)}")
        _check_alarm_access(plane, record, alarms)
        specification = _specification(plane, request) if request.get("Specification") else record["Specification"]
        config = _config(plane, record)
        copies = int(request.get("RuntimeConfig", {}).get("CopyCount", record["RuntimeConfig"]["DesiredCopyCount"]))
        _check_capacity(config, _variant(config, record["VariantName"]), copies)
        if deployment:
            record["LastDeploymentConfig"] = deployment
        else:
            record.pop("LastDeploymentConfig", None)
        record["RuntimeConfig"] = {**record["RuntimeConfig"], "DesiredCopyCount": copies}
        plane.touch(record, InferenceComponentStatus="Updating")
    plane.components.update(record, specification)
    return record


def scale(plane: Plane, request: dict[str, Any]) -> Record:
    """Ask for a number of copies; 0 leaves none, and no instance."""
    with plane.store.lock:
        record = _idle(plane, request["InferenceComponentName"])
        copies = int(request["DesiredRuntimeConfig"]["CopyCount"])
        config = _config(plane, record)
        _check_capacity(config, _variant(config, record["VariantName"]), copies)
        record["RuntimeConfig"] = {**record["RuntimeConfig"], "DesiredCopyCount": copies}
        plane.touch(record, InferenceComponentStatus="Updating")
    plane.components.scale(record)
    return record


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["InferenceComponentName"])
        if record["InferenceComponentStatus"] in _BUSY:
            raise _in_state(record, "delete")
        plane.touch(record, InferenceComponentStatus="Deleting")
    plane.components.delete(record)
    return {}


def _variant(config: Record, name: str | None) -> Record:
    variants = {each["VariantName"]: each for each in config["ProductionVariants"]}
    chosen: Record | None = variants.get(name or "")
    if name is None and len(variants) == 1:
        [chosen] = variants.values()
    if chosen is None:
        raise validation(f'The variant "{name}" was not found in the endpoint.')
    if "ModelName" in chosen:
        raise validation("Inference components cannot be created on an endpoint whose variant has a model.")
    return chosen


def _config(plane: Plane, record: Record) -> Record:
    endpoint = endpoints.find(plane, record["EndpointName"])
    return endpoint_configs.find(plane, endpoint["EndpointConfigName"])


def _specification(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    specification: dict[str, Any] = dict(request.get("Specification") or {})
    for member in _NOT_HERE:
        if member in specification:
            raise validation(f"The local SageMaker has no {member} in an inference component's Specification.")
    if request.get("Specifications") or "ModelName" not in specification:
        raise validation("The local SageMaker runs only inference components whose Specification has a ModelName.")
    if "ComputeResourceRequirements" not in specification:
        raise validation("ComputeResourceRequirements is required for an inference component with a model.")
    models.find(plane, specification["ModelName"])
    return specification


def _check_capacity(config: Record, variant: Record, copies: int) -> None:
    """Refuse more copies than there may be instances: here, each copy has an instance of its own."""
    most = (variant.get("ManagedInstanceScaling") or {}).get("MaxInstanceCount")
    most = variant.get("InitialInstanceCount", 1) if most is None else most
    if copies > int(most):
        raise validation(
            "There is not enough hardware resources on the instances for this endpoint to create a copy of the "
            "inference component."
        )
    least = (variant.get("ManagedInstanceScaling") or {}).get("MinInstanceCount")
    if copies == 0 and least != 0:
        raise validation(
            f"The endpoint configuration {config['EndpointConfigName']} keeps at least one instance: it has no "
            "ManagedInstanceScaling with MinInstanceCount 0."
        )


def _check_alarm_access(plane: Plane, record: Record, alarms: list[str]) -> None:
    """Check cloudwatch:DescribeAlarms of the config's role, as for an endpoint's deployment."""
    arn = _config(plane, record).get("ExecutionRoleArn")
    if alarms and arn:
        role = creation.model_role(plane.roles, {"ExecutionRoleArn": arn, "ModelArn": record["InferenceComponentArn"]})
        if role is None:
            return
        for name in alarms:
            creation.require(role, "cloudwatch:DescribeAlarms", endpoints.alarm_arn(plane, name))


def _idle(plane: Plane, name: str) -> Record:
    record = find(plane, name)
    if record["InferenceComponentStatus"] in _BUSY:
        raise _in_state(record, "update")
    if record["InferenceComponentStatus"] == "Failed":
        raise validation(f'Cannot update {_NAMED} "{record["InferenceComponentArn"]}" in Failed status: delete it.')
    return record


def _in_state(record: Record, what: str) -> Exception:
    arn, status = record["InferenceComponentArn"], record["InferenceComponentStatus"]
    return validation(f'Cannot {what} {_NAMED} "{arn}" while it is in state {status}')


def _on_endpoint(plane: Plane, request: dict[str, Any], row: Record) -> bool:
    del plane
    return all(request.get(f"{member}Equals") in (None, row[member]) for member in ("EndpointName", "VariantName"))


OPERATIONS = {
    "CreateInferenceComponent": create,
    "DescribeInferenceComponent": lambda plane, request: find(plane, request["InferenceComponentName"]),
    "UpdateInferenceComponent": update,
    "UpdateInferenceComponentRuntimeConfig": scale,
    "DeleteInferenceComponent": delete,
    "ListInferenceComponents": lister(
        "ListInferenceComponents",
        KIND,
        member="InferenceComponents",
        name="InferenceComponentName",
        status="InferenceComponentStatus",
        keep=_on_endpoint,
    ),
}
