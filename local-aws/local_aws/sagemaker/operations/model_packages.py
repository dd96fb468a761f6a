"""Model packages and the groups that number their versions."""

import json
from typing import Any

from local_aws.common.errors import conflict, validation
from local_aws.common.store import Record
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane, name_of

KIND = "model-package"
GROUP = "model-package-group"
_CHANGED = "SageMaker Model Package State Change"


def find_group(plane: Plane, reference: str) -> Record:
    name = name_of(reference)
    record = plane.store.get(GROUP, name)
    if record is None:
        raise validation(f"ModelPackageGroup {plane.store.arn(f'{GROUP}/{name}')} does not exist.")
    return record


def find(plane: Plane, reference: str) -> Record:
    """Find a model package by its ARN or, if it has no group, by its name."""
    name = name_of(reference)
    record = plane.store.get(KIND, name)
    if record is None:
        raise validation(f"ModelPackage {plane.store.arn(f'{KIND}/{name}')} does not exist.")
    return record


def create_group(plane: Plane, request: dict[str, Any]) -> Record:
    name = request["ModelPackageGroupName"]
    arn = plane.store.arn(f"{GROUP}/{name}")
    with plane.store.lock:
        if plane.store.get(GROUP, name) is not None:
            raise validation(f"Model Package Group already exists: {arn}")
        record = request | {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed", "CreatedBy": {}}
        return plane.create(GROUP, name, record, arn_member="ModelPackageGroupArn", tags=request.get("Tags"))


def delete_group(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find_group(plane, request["ModelPackageGroupName"])
        name = record["ModelPackageGroupName"]
        if any(package.get("ModelPackageGroupName") == name for package in plane.store.all(KIND)):
            raise conflict(
                f"Model Package Group {record['ModelPackageGroupArn']} cannot be deleted "
                "because it contains Model Packages."
            )
        plane.remove(GROUP, name, record["ModelPackageGroupArn"])
    return {}


def create(plane: Plane, request: dict[str, Any]) -> Record:
    _check_card(request)
    if bool(request.get("ModelPackageName")) == bool(request.get("ModelPackageGroupName")):
        raise validation("Exactly one of ModelPackageName and ModelPackageGroupName must be specified")
    with plane.store.lock:
        name, numbered = _numbered(plane, request)
        arn = plane.store.arn(f"{KIND}/{name}")
        if plane.store.get(KIND, name) is not None:
            raise validation(f"Model Package already exists: {arn}")
        item = {"Name": name, "Status": "NotStarted" if numbered else "Completed"}
        record = {
            **request,
            **numbered,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [item], "ImageScanStatuses": [item]},
        }
        record = plane.create(KIND, name, record, arn_member="ModelPackageArn", tags=request.get("Tags"))
    plane.publish(_CHANGED, record, arn)
    return record


def describe(plane: Plane, request: dict[str, Any]) -> Record:
    """Describe a package. With IncludedData MetadataOnly, the content of a model card is only its risk rating."""
    record = find(plane, request["ModelPackageName"])
    card = record.get("ModelCard")
    if card is None or request.get("IncludedData") != "MetadataOnly":
        return record
    rating = json.loads(card.get("ModelCardContent") or "{}").get("intended_uses", {}).get("risk_rating")
    content = {"intended_uses": {"risk_rating": rating}} if rating else {}
    return record | {"ModelCard": card | {"ModelCardContent": json.dumps(content)}}


def update(plane: Plane, request: dict[str, Any]) -> Record:
    _check_card(request)
    with plane.store.lock:
        record = find(plane, request["ModelPackageArn"])
        if "ModelApprovalStatus" in request and "ModelPackageVersion" not in record:
            raise validation("ModelApprovalStatus can only be updated for versioned model packages")
        changes: Record = {
            member: request[member]
            for member in (
                "ModelApprovalStatus",
                "ApprovalDescription",
                "InferenceSpecification",
                "SourceUri",
                "ModelCard",
                "ModelLifeCycle",
                "ModelPackageRegistrationType",
            )
            if member in request
        }
        properties = record.get("CustomerMetadataProperties", {}) | request.get("CustomerMetadataProperties", {})
        for name in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(name, None)
        added = request.get("AdditionalInferenceSpecificationsToAdd", [])
        if added:
            changes["AdditionalInferenceSpecifications"] = record.get("AdditionalInferenceSpecifications", []) + added
        after = record | changes | {"CustomerMetadataProperties": properties}
        changed = sorted(member for member, value in after.items() if value != record.get(member))
        plane.touch(record, **after)
        event = record | {"UpdatedModelPackageFields": changed}
    # Published even if the approval is unchanged: public code has to tell such events from approvals.
    plane.publish(_CHANGED, event, record["ModelPackageArn"])
    return record


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["ModelPackageName"])
        plane.remove(KIND, name_of(record["ModelPackageArn"]), record["ModelPackageArn"])
    return {}


def _check_card(request: dict[str, Any]) -> None:
    content = request.get("ModelCard", {}).get("ModelCardContent", "{}")
    try:
        is_object = isinstance(json.loads(content), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise validation("ModelCardContent is not a JSON object, as the schema of model cards demands")


def _numbered(plane: Plane, request: dict[str, Any]) -> tuple[str, Record]:
    """Return a package's name in the store, and the additional members of a package in a group."""
    if "ModelPackageGroupName" not in request:
        return request["ModelPackageName"], {}
    group = find_group(plane, request["ModelPackageGroupName"])
    # Never reuse a number, even after its package was deleted.
    version = group.get("LastVersion", 0) + 1
    group["LastVersion"] = version
    name = group["ModelPackageGroupName"]
    return f"{name}/{version}", {
        "ModelPackageGroupName": name,
        "ModelPackageName": f"{name}/{version}",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
    }


def _listed(plane: Plane, request: dict[str, Any], record: Record) -> bool:
    group = request.get("ModelPackageGroupName")
    if group is not None:
        if record.get("ModelPackageGroupName") != find_group(plane, group)["ModelPackageGroupName"]:
            return False
    elif request.get("ModelPackageType", "Unversioned") != "Both":
        versioned = request.get("ModelPackageType", "Unversioned") == "Versioned"
        if ("ModelPackageVersion" in record) != versioned:
            return False
    return request.get("ModelApprovalStatus") in (None, record.get("ModelApprovalStatus"))


def list_packages(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    if "ModelPackageGroupName" in request:
        find_group(plane, request["ModelPackageGroupName"])
    return _list(plane, request)


_list = lister("ListModelPackages", KIND, member="ModelPackageSummaryList", name="ModelPackageName", keep=_listed)

OPERATIONS = {
    "CreateModelPackageGroup": create_group,
    "DescribeModelPackageGroup": lambda plane, request: find_group(plane, request["ModelPackageGroupName"]),
    "DeleteModelPackageGroup": delete_group,
    "ListModelPackageGroups": lister(
        "ListModelPackageGroups", GROUP, member="ModelPackageGroupSummaryList", name="ModelPackageGroupName"
    ),
    "CreateModelPackage": create,
    "DescribeModelPackage": describe,
    "UpdateModelPackage": update,
    "DeleteModelPackage": delete,
    "ListModelPackages": list_packages,
}
