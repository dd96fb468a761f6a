"""CreateFunction, UpdateFunctionConfiguration and DeleteFunction of functions in a VPC."""

from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.patches.ec2.stores import Ec2Error
from local_aws.patches.functions.vpc import checks, connections

_MODULE = "ministack.services.lambda_svc"
_WHY = "connect functions to a VPC"
_CREATE = private_api.declare(_MODULE, "_create_function", _WHY, takes=("data",))
_UPDATE = private_api.declare(_MODULE, "_update_config", _WHY, takes=("name", "data"))
_DELETE = private_api.declare(_MODULE, "_delete_function", _WHY, takes=("name", "query_params", "path_qualifier"))
_FUNCTIONS = private_api.declare(_MODULE, "_functions", _WHY)
_ERROR = private_api.declare("ministack.core.responses", "error_response_json", _WHY)


def install() -> None:
    """Wrap the three operations."""
    create, update, delete = _CREATE.get(), _UPDATE.get(), _DELETE.get()

    def creating(data: dict[str, Any]) -> Any:
        return _refusing(lambda: _checked(data.get("VpcConfig"), data.get("Role", ""))) or _connected(
            create(data), data.get("FunctionName", ""), before=None
        )

    def updating(name: str, data: dict[str, Any]) -> Any:
        record = _FUNCTIONS.get().get(name)
        if record is None:
            return update(name, data)
        before = record["config"].get("VpcConfig")
        wanted, role = data.get("VpcConfig", before), data.get("Role", record["config"].get("Role", ""))
        return _refusing(lambda: _checked(wanted, role)) or _connected(update(name, data), name, before=before)

    def deleting(name: str, query_params: dict[str, Any], path_qualifier: str | None = None) -> Any:
        record = _FUNCTIONS.get().get(name)
        before = record["config"].get("VpcConfig") if record else None
        answer = delete(name, query_params, path_qualifier)
        connections.disconnect(before)
        return answer

    _CREATE.set(creating)
    _UPDATE.set(updating)
    _DELETE.set(deleting)


def _checked(config: dict[str, Any] | None, role: str) -> None:
    checks.check(config, role=role)


def _refusing(check: Callable[[], None]) -> Any:
    """Return Lambda's answer if it refuses, else None."""
    try:
        check()
    except checks.VpcConfigRefusedError as refused:
        return _ERROR.get()("InvalidParameterValueException", str(refused), 400)
    return None


def _connected(answer: Any, name: str, *, before: dict[str, Any] | None) -> Any:
    """Connect a function that has just been stored, and let go of what it no longer uses."""
    record = _FUNCTIONS.get().get(name)
    if record is None or answer[0] >= 400:
        return answer
    try:
        connections.connect(name, record["config"].get("VpcConfig"))
    except Ec2Error as error:
        message = f"Lambda was not able to create an ENI in the VPC of the Lambda function: {error.message}"
        return _ERROR.get()("SubnetIPAddressLimitReachedException", message, 502)
    connections.disconnect(before)
    return answer
