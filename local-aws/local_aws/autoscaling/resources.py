"""What Application Auto Scaling scales here: endpoint variants and inference components, through SageMaker's API."""

from dataclasses import dataclass
from typing import Any

from local_aws.common.errors import ApiError
from local_aws.common.store import Record
from local_aws.sagemaker import operations
from local_aws.sagemaker.plane import Plane

_VARIANT = "sagemaker:variant:DesiredInstanceCount"
_COMPONENT = "sagemaker:inference-component:DesiredCopyCount"


@dataclass(frozen=True)
class Capacity:
    """How many instances or copies a resource is to have, and whether it is changing, so that it cannot be scaled."""

    desired: int
    busy: bool


def capacity(plane: Plane, target: Record) -> Capacity | None:
    """Return a target's capacity, None if there is no such resource."""
    names = str(target["ResourceId"]).split("/")
    try:
        if target["ScalableDimension"] == _COMPONENT:
            found = operations.call(plane, "DescribeInferenceComponent", {"InferenceComponentName": names[1]})
            busy = found["InferenceComponentStatus"] != "InService"
            return Capacity(int(found["RuntimeConfig"]["DesiredCopyCount"]), busy)
        if target["ScalableDimension"] == _VARIANT:
            found = operations.call(plane, "DescribeEndpoint", {"EndpointName": names[1]})
            [variant] = [each for each in found["ProductionVariants"] if each["VariantName"] == names[3]]
            return Capacity(int(variant["DesiredInstanceCount"]), found["EndpointStatus"] != "InService")
    except (ApiError, ValueError, KeyError):
        return None
    return None


def scale(plane: Plane, target: Record, wanted: int) -> None:
    """Ask SageMaker for another capacity. Raises ApiError."""
    names = str(target["ResourceId"]).split("/")
    if target["ScalableDimension"] == _COMPONENT:
        request: dict[str, Any] = {"InferenceComponentName": names[1], "DesiredRuntimeConfig": {"CopyCount": wanted}}
        operations.call(plane, "UpdateInferenceComponentRuntimeConfig", request)
        return
    variant = {"VariantName": names[3], "DesiredInstanceCount": wanted}
    request = {"EndpointName": names[1], "DesiredWeightsAndCapacities": [variant]}
    operations.call(plane, "UpdateEndpointWeightsAndCapacities", request)


def described(target: Record, wanted: int) -> str:
    """Return what a scaling activity says that it does."""
    what = "copy count" if target["ScalableDimension"] == _COMPONENT else "instance count"
    return f"Setting desired {what} to {wanted}."
