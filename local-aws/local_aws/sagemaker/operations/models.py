"""Models: an image, the S3 location of its data and its environment."""

from typing import Any

from local_aws.common.errors import already_exists, not_found, validation
from local_aws.common.store import Record
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "model"


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise not_found(KIND, plane.store.arn(f"{KIND}/{name}"))
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    name = request["ModelName"]
    arn = plane.store.arn(f"{KIND}/{name}")
    if not (request.get("PrimaryContainer") or request.get("Containers")):
        raise validation("Either PrimaryContainer or Containers must be specified")
    if request.get("PrimaryContainer") and request.get("Containers"):
        raise validation("Containers and PrimaryContainer cannot both be specified")
    role = creation.model(plane.roles, request, arn=arn)
    networks.check(request.get("VpcConfig"), role=role)
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise already_exists(KIND, arn)
        record = {"EnableNetworkIsolation": False} | request | {"ModelArn": arn}
        return plane.create(KIND, name, record, arn_member="ModelArn", tags=request.get("Tags"))


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    record = find(plane, request["ModelName"])
    plane.remove(KIND, record["ModelName"], record["ModelArn"])
    return {}


OPERATIONS = {
    "CreateModel": create,
    "DescribeModel": lambda plane, request: find(plane, request["ModelName"]),
    "DeleteModel": delete,
    "ListModels": lister("ListModels", KIND, member="Models", name="ModelName"),
}
