"""Tags of any resource that has an ARN here."""

from typing import Any

from local_aws.common.errors import validation
from local_aws.common.paging import paged
from local_aws.sagemaker.plane import Plane

_KINDS = ("model", "endpoint-config", "endpoint", "training-job", "model-package-group", "model-package")
_PAGE = 50


def add(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    arn = _known(plane, request["ResourceArn"])
    with plane.store.lock:
        tags = plane.store.tags(arn) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        plane.store.set_tags(arn, tags)
    return {"Tags": _listed(tags)}


def listed(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    tags = _listed(plane.store.tags(_known(plane, request["ResourceArn"])))
    page, following = paged(tags, request, size=_PAGE)
    return {"Tags": page} | ({"NextToken": following} if following else {})


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    arn = _known(plane, request["ResourceArn"])
    with plane.store.lock:
        tags = plane.store.tags(arn)
        plane.store.set_tags(arn, {key: value for key, value in tags.items() if key not in request["TagKeys"]})
    return {}


def _known(plane: Plane, arn: str) -> str:
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if kind not in _KINDS or plane.store.get(kind, name) is None:
        raise validation(f"Could not find the resource {arn}.")
    return arn


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


OPERATIONS = {"AddTags": add, "ListTags": listed, "DeleteTags": delete}
