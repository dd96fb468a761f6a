"""AWS::Lambda::Function in a VPC. MiniStack's template handlers drop VpcConfig.

Source: "AWS::Lambda::Function VpcConfig" in the template reference: "When you delete a function, CloudFormation
monitors the state of its network interfaces and waits for Lambda to delete them before proceeding." The event's text is
published in aws-cloudformation/cloudformation-coverage-roadmap #392.
"""

import time
from typing import Any

from local_aws import private_api
from local_aws.patches.ec2.stores import Ec2Error
from local_aws.patches.functions.vpc import checks, connections

_CLOUDFORMATION = "ministack.services.cloudformation"
_WHY = "connect a template's functions to a VPC"
TYPE = "AWS::Lambda::Function"
_HANDLERS = private_api.declare(
    f"{_CLOUDFORMATION}.provisioners",
    "_RESOURCE_HANDLERS",
    _WHY,
    expects=lambda handlers: {"create", "update", "update_with_logical_id", "delete"} <= set(handlers.get(TYPE, {})),
)
_DELETE = private_api.declare(
    f"{_CLOUDFORMATION}.stacks",
    "_delete_resource",
    "wait for a function's network interfaces",
    takes=("resource_type", "physical_id", "props", "stack_name", "logical_id"),
)
_EVENT = private_api.declare(
    f"{_CLOUDFORMATION}.stacks",
    "_add_event",
    "show that a stack waits for network interfaces",
    takes=(
        *("stack_id", "stack_name", "logical_id", "resource_type", "status"),
        *("reason", "physical_id", "detailed_status"),
    ),
)
_STACKS = private_api.declare(_CLOUDFORMATION, "_stacks", _WHY)
_ON_WORKER = private_api.declare(
    f"{_CLOUDFORMATION}.stacks", "_runs_on_worker_thread", "wait for a function's interfaces", takes=("resource_type",)
)
_FUNCTIONS = private_api.declare("ministack.services.lambda_svc", "_functions", _WHY)
_WITH_VPC = private_api.declare("ministack.services.lambda_svc", "_vpc_config_with_id", _WHY, takes=("request_config",))

WAITING = "CloudFormation is waiting for NetworkInterfaces associated with the Lambda Function to be cleaned up."
_POLL = 0.1
Properties = dict[str, Any]


class FunctionRefusedError(Exception):
    """Lambda's refusal, as CloudFormation shows it."""


def install() -> None:
    """Wrap the handlers and the deletion of a resource, on worker threads, because it waits."""
    handlers = _HANDLERS.get()[TYPE]
    create, update, delete, on_worker = handlers["create"], handlers["update"], _DELETE.get(), _ON_WORKER.get()

    def creating(logical_id: str, properties: Properties, stack_name: str) -> Any:
        _check(properties)
        name, attributes, *rest = create(logical_id, properties, stack_name)
        _connect(name, properties)
        return name, attributes, *rest

    def updating(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str | None = None
    ) -> Any:
        _check(new)
        name, attributes, *rest = update(physical_id, old, new, stack_name, logical_id)
        _connect(name, new)
        connections.disconnect(old.get("VpcConfig"))
        return name, attributes, *rest

    def deleting(
        resource_type: str,
        physical_id: str,
        properties: Properties,
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        record = _FUNCTIONS.get().get(physical_id) if resource_type == TYPE else None
        delete(resource_type, physical_id, properties, stack_name, logical_id)
        if record is not None:
            _wait(record["config"].get("VpcConfig"), physical_id, stack_name, logical_id)

    handlers["create"], handlers["update"] = creating, updating
    _DELETE.set(deleting)
    _ON_WORKER.set(lambda resource_type: resource_type == TYPE or bool(on_worker(resource_type)))


def _check(properties: Properties) -> None:
    try:
        checks.check(properties.get("VpcConfig"), role=properties.get("Role", ""))
    except checks.VpcConfigRefusedError as refused:
        raise FunctionRefusedError(
            f"{refused} (Service: Lambda, Status Code: 400, Error Code: InvalidParameterValueException)"
        ) from None


def _connect(name: str, properties: Properties) -> None:
    record = _FUNCTIONS.get()[name]
    record["config"]["VpcConfig"] = _WITH_VPC.get()(properties.get("VpcConfig"))
    try:
        connections.connect(name, properties.get("VpcConfig"))
    except Ec2Error as error:
        raise FunctionRefusedError(f"{error.message} (Service: Lambda, Status Code: 502)") from None


def _wait(config: Properties | None, physical_id: str, stack_name: str | None, logical_id: str | None) -> None:
    owners = connections.disconnect(config)
    if connections.all_gone(owners):
        return
    stack = _STACKS.get().get(stack_name) or {}
    _EVENT.get()(stack.get("StackId", ""), stack_name, logical_id, TYPE, "DELETE_IN_PROGRESS", WAITING, physical_id)
    while not connections.all_gone(owners):
        time.sleep(_POLL)
