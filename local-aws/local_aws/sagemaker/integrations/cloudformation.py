"""CloudFormation's resource types for SageMaker; their Ref is the ARN, as documented."""

import time
from collections.abc import Callable
from typing import Any

from local_aws import faults, private_api
from local_aws.common import shapes
from local_aws.common.errors import ApiError
from local_aws.common.store import Record
from local_aws.sagemaker import operations
from local_aws.sagemaker.operations import tags
from local_aws.sagemaker.plane import Plane, name_of

_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_HANDLERS = private_api.declare(_PROVISIONERS, "_RESOURCE_HANDLERS", "provision SageMaker's resource types")
_REPLACING = private_api.declare(_PROVISIONERS, "_REPLACING_PROPERTIES", "replace a model or an endpoint configuration")
_CUSTOM_NAMES = private_api.declare(
    _PROVISIONERS, "_CUSTOM_NAME_REPLACEMENT", "refuse to replace what has a fixed name"
)
_STACK_TAGS = private_api.declare(
    _PROVISIONERS, "_STACK_TAG_PROPERTY", "give the stack's tags to SageMaker's resources"
)
_NAME = private_api.declare(
    _PROVISIONERS,
    "_physical_name",
    "name a resource that its template does not name",
    takes=("stack_name", "logical_id", "lowercase", "max_len", "seeded"),
)
_ON_WORKER = private_api.declare(
    "ministack.services.cloudformation.stacks",
    "_runs_on_worker_thread",
    "provision SageMaker's resources off the event loop",
    takes=("resource_type",),
)

_LONGEST_NAME = 63
_POLL = 0.2
# By resource type: the members with its name and its ARN.
_KINDS = {
    "Model": ("ModelName", "ModelArn"),
    "EndpointConfig": ("EndpointConfigName", "EndpointConfigArn"),
    "Endpoint": ("EndpointName", "EndpointArn"),
    "InferenceComponent": ("InferenceComponentName", "InferenceComponentArn"),
    "ModelPackageGroup": ("ModelPackageGroupName", "ModelPackageGroupArn"),
}
_TAGS_ONLY = "Tags"
_IN_PLACE = {
    "Endpoint": {
        "EndpointConfigName",
        "DeploymentConfig",
        "RetainAllVariantProperties",
        "RetainDeploymentConfig",
        "ExcludeRetainedVariantProperties",
    },
    # Its resource schema has no createOnlyProperties.
    "InferenceComponent": {"Specification", "RuntimeConfig", "DeploymentConfig"},
}
_BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
Handler = Callable[..., Any]


class ResourceError(Exception):
    """The reason for a resource's failure, as CloudFormation reports it."""


def install(plane: Plane) -> None:
    for kind, (name_member, _) in _KINDS.items():
        resource_type = f"AWS::SageMaker::{kind}"
        types = _Types(plane, kind)
        _HANDLERS.get()[resource_type] = {"create": types.create, "update": types.update, "delete": types.delete}
        _REPLACING.get()[resource_type] = _replacing(kind)
        _CUSTOM_NAMES.get()[resource_type] = {"name": name_member}
        _STACK_TAGS.get()[resource_type] = (_TAGS_ONLY, "list")
    run_off_loop(("AWS::SageMaker::",))


def run_off_loop(prefixes: tuple[str, ...]) -> None:
    """Make MiniStack provision types with these prefixes on a worker thread: they wait, and call the server."""
    before = _ON_WORKER.get()

    def on_worker(resource_type: str) -> bool:
        return resource_type.startswith(prefixes) or bool(before(resource_type))

    _ON_WORKER.set(on_worker)


def _replacing(kind: str) -> tuple[str, ...]:
    """Return the properties whose change needs a new resource: all except tags and those that change in place."""
    members = set(shapes.service_model("sagemaker").operation_model(f"Create{kind}").input_shape.members)
    kept = {_TAGS_ONLY} | _IN_PLACE.get(kind, set())
    return tuple(sorted(members - kept))


class _Types:
    """The handlers of one resource type, with MiniStack's signatures."""

    def __init__(self, plane: Plane, kind: str) -> None:
        self._plane = plane
        self._kind = kind
        self._name, self._arn = _KINDS[kind]

    def create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        request = shapes.request_from_properties("sagemaker", f"Create{self._kind}", properties)
        if not request.get(self._name):
            request[self._name] = _NAME.get()(stack_name, logical_id, max_len=_LONGEST_NAME)
        self._call(f"Create{self._kind}", request)
        record = self._settled(request[self._name])
        if _status(record) == "Failed":
            # CloudFormation deletes a resource that it could not create; MiniStack would forget it.
            self.delete(record[self._arn], properties)
            what = "endpoint" if self._kind == "Endpoint" else "inference component"
            raise ResourceError(f"The {what} {request[self._name]} failed: {record.get('FailureReason')}")
        return record[self._arn], self._attributes(record)

    def update(
        self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> tuple[str, dict[str, Any]]:
        """Update in place: an endpoint's configuration, and tags."""
        del stack_name
        name = name_of(physical_id)
        if self._kind == "Endpoint" and _without_tags(old) != _without_tags(new):
            self._update_endpoint(name, new)
        if self._kind == "InferenceComponent" and _without_tags(old) != _without_tags(new):
            self._update_component(name, old, new)
        self._retag(physical_id, old, new)
        return physical_id, self._attributes(self._describe(name))

    def delete(self, physical_id: str, properties: dict[str, Any]) -> None:
        """Delete the resource; returns once it is gone. A missing resource is not an error."""
        del properties
        name = name_of(physical_id)
        if self._find(name) is None:
            return
        self._settled(name)
        self._call(f"Delete{self._kind}", {self._name: name})
        while self._find(name) is not None:
            time.sleep(_POLL)

    def _update_endpoint(self, name: str, properties: dict[str, Any]) -> None:
        self._settled(name)
        request = shapes.request_from_properties("sagemaker", "UpdateEndpoint", properties)
        self._call("UpdateEndpoint", request | {self._name: name})
        record = self._settled(name)
        wanted = request["EndpointConfigName"]
        if record["EndpointStatus"] == "InService" and faults.on(faults.SILENT_ROLLBACK):
            return
        if record["EndpointStatus"] != "InService" or record["EndpointConfigName"] != wanted:
            raise ResourceError(f"The endpoint {name} could not be updated: {record.get('FailureReason')}")

    def _update_component(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        """RuntimeConfig is sent only where it changes: whether AWS sends it with each update is not documented."""
        self._settled(name)
        request = shapes.request_from_properties("sagemaker", "UpdateInferenceComponent", new)
        if old.get("RuntimeConfig") == new.get("RuntimeConfig"):
            request.pop("RuntimeConfig", None)
        self._call("UpdateInferenceComponent", request | {self._name: name})
        record = self._settled(name)
        if faults.on(faults.SILENT_ROLLBACK):
            return
        served = record["Specification"].get("ModelName")
        if record["InferenceComponentStatus"] != "InService" or served != request["Specification"].get("ModelName"):
            raise ResourceError(f"The inference component {name} could not be updated: {record.get('FailureReason')}")

    def _retag(self, arn: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        before, after = _tags(old), _tags(new)
        if before == after:
            return
        tags.delete(self._plane, {"ResourceArn": arn, "TagKeys": sorted(before.keys() - after.keys())})
        added = [{"Key": key, "Value": value} for key, value in after.items()]
        tags.add(self._plane, {"ResourceArn": arn, "Tags": added})

    def _settled(self, name: str) -> Record:
        """Return the resource once it is no longer busy; only endpoints and inference components ever are."""
        while _status(record := self._describe(name)) in _BUSY:
            time.sleep(_POLL)
        return record

    def _attributes(self, record: Record) -> dict[str, Any]:
        attributes = {self._name: record[self._name], self._arn: record[self._arn], "Id": record[self._arn]}
        if self._kind == "ModelPackageGroup":
            created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record["CreationTime"]))
            attributes |= {"CreationTime": created, "ModelPackageGroupStatus": record["ModelPackageGroupStatus"]}
        return attributes

    def _find(self, name: str) -> Record | None:
        try:
            return self._describe(name)
        except ResourceError:
            return None

    def _describe(self, name: str) -> Record:
        return self._call(f"Describe{self._kind}", {self._name: name})

    def _call(self, operation: str, request: dict[str, Any]) -> Record:
        try:
            return operations.call(self._plane, operation, request)
        except ApiError as error:
            raise ResourceError(f"{error.message} (Service: SageMaker, Error Code: {error.code})") from None


def _status(record: Record) -> str | None:
    status: str | None = record.get("EndpointStatus") or record.get("InferenceComponentStatus")
    return status


def _without_tags(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != _TAGS_ONLY}


def _tags(properties: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get(_TAGS_ONLY, [])}
