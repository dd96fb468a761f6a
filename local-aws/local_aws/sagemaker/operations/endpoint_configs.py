"""Endpoint configurations: the production variants of an endpoint and what it captures."""

from typing import Any

from local_aws import faults
from local_aws.common.errors import already_exists, not_found, validation
from local_aws.common.store import Record
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.operations import models
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "endpoint-config"
_NAMED = "endpoint configuration"
# A region where AWS was seen to refuse a minimum of 0 (stdapi-ai/stdapi.ai #43).
NEVER_ZERO = ("eu-west-3",)
# Refused: an endpoint that ignored them would only appear to work.
_NOT_HERE = ("ShadowProductionVariants", "AsyncInferenceConfig", "ExplainerConfig")


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise not_found(_NAMED, plane.store.arn(f"{KIND}/{name}"))
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    name = request["EndpointConfigName"]
    arn = plane.store.arn(f"{KIND}/{name}")
    for member in _NOT_HERE:
        if request.get(member):
            raise validation(f"The local SageMaker has no {member}.")
    _check_variants(plane, request["ProductionVariants"])
    _check_components(plane, request)
    _check_serverless(plane, request)
    networks.check(request.get("VpcConfig"), role=None)
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise already_exists(_NAMED, arn)
        variants = [{"InitialVariantWeight": 1.0} | variant for variant in request["ProductionVariants"]]
        record = request | {"EndpointConfigArn": arn, "ProductionVariants": variants}
        return plane.create(KIND, name, record, arn_member="EndpointConfigArn", tags=request.get("Tags"))


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a configuration. Refuses to delete one in use, unless the fault that allows it is switched on.

    AWS documents that a configuration in use must not be deleted, but allows it; refusing here reveals the mistake.
    """
    record = find(plane, request["EndpointConfigName"])
    name = record["EndpointConfigName"]
    for endpoint in () if faults.on(faults.SILENT_ROLLBACK) else plane.store.all("endpoint"):
        if name in (endpoint["EndpointConfigName"], endpoint.get("PendingConfigName")):
            raise validation(
                f'Cannot delete endpoint configuration "{record["EndpointConfigArn"]}": '
                f'it is in use by the endpoint "{endpoint["EndpointArn"]}".'
            )
    plane.remove(KIND, name, record["EndpointConfigArn"])
    return {}


def _check_variants(plane: Plane, variants: list[dict[str, Any]]) -> None:
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise validation("Production variant names must be unique within an endpoint configuration")
    for variant in variants:
        if "ModelName" in variant:
            models.find(plane, variant["ModelName"])
        if "ServerlessConfig" in variant:
            if "InstanceType" in variant or "InitialInstanceCount" in variant:
                raise validation("ServerlessConfig cannot be specified with InstanceType or InitialInstanceCount")
        elif "InstanceType" not in variant or "InitialInstanceCount" not in variant:
            raise validation(
                "InstanceType and InitialInstanceCount are required for the production variant "
                f"{variant['VariantName']}"
            )


def _check_components(plane: Plane, request: dict[str, Any]) -> None:
    """Refuse what AWS refuses of a variant without a model, whose models come as inference components.

    Messages seen: hashicorp/terraform-provider-aws #45926 (ManagedInstanceScaling), stdapi-ai/stdapi.ai #43 (a minimum
    of 0, which not every region has); the others are ours. That ExecutionRoleArn is required was seen in the latter.
    """
    bare = [variant for variant in request["ProductionVariants"] if "ModelName" not in variant]
    for variant in request["ProductionVariants"]:
        if "ManagedInstanceScaling" in variant and "ModelName" in variant:
            raise validation("ManagedInstanceScaling is only supported for inference component endpoints.")
    if not bare:
        return
    if len(bare) < len(request["ProductionVariants"]):
        raise validation("Either all production variants have a ModelName or none has")
    if not request.get("ExecutionRoleArn"):
        raise validation("ExecutionRoleArn is required for an endpoint configuration without a ModelName")
    arn = plane.store.arn(f"{KIND}/{request['EndpointConfigName']}")
    creation.model_role(plane.roles, {"ExecutionRoleArn": request["ExecutionRoleArn"], "ModelArn": arn})
    if request.get("DataCaptureConfig", {}).get("EnableCapture"):
        raise validation("The local SageMaker captures no data of inference components.")
    for variant in bare:
        if "ServerlessConfig" in variant:
            raise validation("ModelName is required for a serverless production variant")
        scaling = variant.get("ManagedInstanceScaling") or {}
        if int(scaling.get("MinInstanceCount", 1)) > int(scaling.get("MaxInstanceCount", 1)):
            raise validation("MinInstanceCount must not be larger than MaxInstanceCount")
        region = plane.store.scope()[1]
        if scaling.get("Status") == "ENABLED" and scaling.get("MinInstanceCount") == 0 and region in NEVER_ZERO:
            raise validation("Min instance count needs to be greater than 0 for enabled managed instance scaling")


def _check_serverless(plane: Plane, request: dict[str, Any]) -> None:
    """Refuse what "Deploy models with Amazon SageMaker Serverless Inference" excludes; the messages are ours."""
    if not any("ServerlessConfig" in variant for variant in request["ProductionVariants"]):
        return
    if len(request["ProductionVariants"]) > 1:
        raise validation("A serverless endpoint cannot have more than one production variant")
    if request.get("DataCaptureConfig", {}).get("EnableCapture"):
        raise validation("Data capture is not supported for serverless endpoints")
    for holder in (request, *(models.find(plane, each["ModelName"]) for each in request["ProductionVariants"])):
        if holder.get("VpcConfig"):
            raise validation("VPC configuration is not supported for serverless endpoints")
        if holder.get("EnableNetworkIsolation"):
            raise validation("Network isolation is not supported for serverless endpoints")


OPERATIONS = {
    "CreateEndpointConfig": create,
    "DescribeEndpointConfig": lambda plane, request: find(plane, request["EndpointConfigName"]),
    "DeleteEndpointConfig": delete,
    "ListEndpointConfigs": lister("ListEndpointConfigs", KIND, member="EndpointConfigs", name="EndpointConfigName"),
}
