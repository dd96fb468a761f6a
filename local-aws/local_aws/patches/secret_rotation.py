"""Rotate secrets with their function, and support AWS::SecretsManager::RotationSchedule.

MiniStack's RotateSecret copies the current value to a new version and does not call a function; its CloudFormation
lacks schedules and identifies secrets by name. Here a schedule is stored and tested, but never triggers a rotation.

Sources: "RotateSecret" in Secrets Manager's API reference; "Lambda rotation functions" in its user guide.
"""

import json
import time
import uuid
from typing import Any

from local_aws import private_api
from local_aws.common import scope

SECRET = "AWS::SecretsManager::Secret"
KIND = "AWS::SecretsManager::RotationSchedule"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_SECRETS = "ministack.services.secretsmanager"
_LAMBDA = "ministack.services.lambda_svc"
_ROTATE = private_api.declare(_SECRETS, "_rotate_secret", "rotate secrets by their function", takes=("data",))
_PUT = private_api.declare(_SECRETS, "_put_secret_value", "keep a secret's version as it is", takes=("data",))
_RESOLVE = private_api.declare(_SECRETS, "_resolve", "find a secret to rotate", takes=("secret_id", "use_arn_scope"))
_HANDLERS = private_api.declare(
    "ministack.services.cloudformation.provisioners",
    "_RESOURCE_HANDLERS",
    "make rotation schedules",
    expects=lambda handlers: {"create", "update", "delete"} <= set(handlers.get(SECRET, {})) and KIND not in handlers,
)
_ON_A_THREAD = private_api.declare(
    "ministack.services.cloudformation.stacks",
    "_runs_on_worker_thread",
    "wait for a rotation function that calls back",
    takes=("resource_type",),
)
_FUNCTION = private_api.declare(
    _LAMBDA, "_get_func_record_for_ref", "find a rotation function", takes=("function_ref",)
)
_RECORD = private_api.declare(
    _LAMBDA, "_execution_record_for_config", "run a rotation function", takes=("func", "config")
)
_EXECUTE = private_api.declare(
    _LAMBDA, "_execute_function_with_config_scope", "run a rotation function", takes=("func", "event")
)

Answer = tuple[int, dict[str, str], bytes]
Secret = dict[str, Any]


class RotationFailed(Exception):  # noqa: N818 (what has happened, as in the sentence)
    """The rotation function failed or does not exist; the message has the details."""


def install() -> None:
    """Replace MiniStack's call and add the resource."""
    put = _PUT.get()

    def putting(data: dict[str, Any]) -> Answer:
        secret = _RESOLVE.get()(data.get("SecretId"))[1]
        version = (secret or {}).get("Versions", {}).get(data.get("ClientRequestToken"))
        if version and version.get("SecretString") not in (None, data.get("SecretString")):
            return _error("ResourceExistsException", "A version of this id is there with another value.")
        answer: Answer = put(data)
        return answer

    _PUT.set(putting)
    _ROTATE.set(rotate)
    on_a_thread = _ON_A_THREAD.get()
    _ON_A_THREAD.set(lambda resource_type: resource_type == KIND or on_a_thread(resource_type))
    _HANDLERS.get()[KIND] = {"create": _create, "update": _update, "delete": _delete}
    _HANDLERS.get()[SECRET].update(_by_arn(_HANDLERS.get()[SECRET]))


def _by_arn(handlers: dict[str, Any]) -> dict[str, Any]:
    """Make a secret's physical ID its ARN, which `Ref` returns; MiniStack uses its name."""
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def name_of(arn: str) -> str:
        return str(_RESOLVE.get()(arn)[0] or arn)

    def creating(*arguments: Any) -> tuple[str, dict[str, str]]:
        attributes = create(*arguments)[1]
        return attributes["Arn"], attributes

    def updating(physical_id: str, *arguments: Any, **named: Any) -> tuple[str, dict[str, str]]:
        attributes = update(name_of(physical_id), *arguments, **named)[1]
        return attributes["Arn"], attributes

    def deleting(physical_id: str, *arguments: Any) -> None:
        delete(name_of(physical_id), *arguments)

    return {"create": creating, "update": updating, "delete": deleting}


def rotate(data: dict[str, Any]) -> Answer:
    """RotateSecret: start a rotation or, with RotateImmediately false, make the function test its configuration."""
    secret = _RESOLVE.get()(data.get("SecretId"))[1]
    if secret is None:
        return _error("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if secret.get("DeletedDate"):
        return _error("InvalidRequestException", "The secret is marked for deletion.")
    if not (data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")):
        return _error("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    if _pending(secret) is not None:
        return _error(
            "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted."
        )
    _configure(secret, data.get("RotationLambdaARN"), data.get("RotationRules"))
    token = data.get("ClientRequestToken") or str(uuid.uuid4())
    work = _run if data.get("RotateImmediately", True) else _test
    scope.in_background(f"rotation {secret['Name']}", work, secret, token)
    document = {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token}
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    secret = _RESOLVE.get()(properties["SecretId"])[1]
    if secret is None:
        raise RotationFailed(f"there is no secret {properties['SecretId']}")
    _schedule(secret, properties)
    return str(secret["ARN"]), {"Id": str(secret["ARN"])}


def _update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    secret = _RESOLVE.get()(physical_id)[1]
    if secret is None:
        raise RotationFailed(f"there is no secret {physical_id}")
    _schedule(secret, new)
    return physical_id, {"Id": physical_id}


def _delete(physical_id: str, properties: dict[str, Any]) -> None:
    secret = _RESOLVE.get()(physical_id)[1]
    if secret is not None:
        secret.update(RotationEnabled=False)


def _schedule(secret: Secret, properties: dict[str, Any]) -> None:
    _configure(secret, properties.get("RotationLambdaARN"), properties.get("RotationRules"))
    at_once = str(properties.get("RotateImmediatelyOnUpdate", True)).lower() != "false"
    (_run if at_once else _test)(secret, str(uuid.uuid4()))


def _configure(secret: Secret, function: str | None, rules: dict[str, Any] | None) -> None:
    secret["RotationEnabled"] = True
    secret["RotationLambdaARN"] = function or secret.get("RotationLambdaARN")
    secret["RotationRules"] = rules or secret.get("RotationRules")


def _run(secret: Secret, token: str) -> None:
    _add(secret, token)
    for step in STEPS:
        _invoke(secret, token, step)
    secret["LastRotatedDate"] = int(time.time())


def _test(secret: Secret, token: str) -> None:
    _add(secret, token)
    try:
        _invoke(secret, token, "testSecret")
    finally:
        secret["Versions"].pop(token, None)


def _add(secret: Secret, token: str) -> None:
    """Add the pending version, empty because AWS leaves it to the function to fill. Only one version has the label."""
    for held in secret["Versions"].values():
        held["Stages"] = [stage for stage in held["Stages"] if stage != "AWSPENDING"]
    secret["Versions"][token] = {
        "SecretString": None,
        "SecretBinary": None,
        "CreatedDate": int(time.time()),
        "Stages": ["AWSPENDING"],
    }


def _pending(secret: Secret) -> str | None:
    for version, held in secret["Versions"].items():
        if "AWSPENDING" in held["Stages"] and "AWSCURRENT" not in held["Stages"]:
            return str(version)
    return None


def _invoke(secret: Secret, token: str, step: str) -> None:
    function, config, _ = _FUNCTION.get()(secret["RotationLambdaARN"])
    if function is None or config is None:
        raise RotationFailed(f"there is no function {secret['RotationLambdaARN']}")
    event = {"SecretId": secret["ARN"], "ClientRequestToken": token, "Step": step}
    result = _EXECUTE.get()(_RECORD.get()(function, config), event)
    if isinstance(result, dict) and result.get("error"):
        raise RotationFailed(f"{step} of {secret['Name']} failed: {str(result.get('body'))[:500]}")


def _error(code: str, message: str) -> Answer:
    document = {"__type": code, "message": message, "Message": message}
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()
