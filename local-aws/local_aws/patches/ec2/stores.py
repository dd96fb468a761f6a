"""EC2's records as MiniStack keeps them, and its helpers for requests and answers."""

from collections.abc import Mapping
from typing import Any

from local_aws import private_api

_EC2 = "ministack.services.ec2"
_WHY = "give private networks the rules that EC2 has"

VPCS = private_api.declare(_EC2, "_vpcs", _WHY)
SUBNETS = private_api.declare(_EC2, "_subnets", _WHY)
GROUPS = private_api.declare(_EC2, "_security_groups", _WHY)
INTERFACES = private_api.declare(_EC2, "_network_interfaces", _WHY)
ENDPOINTS = private_api.declare(_EC2, "_vpc_endpoints", _WHY)
ROUTE_TABLES = private_api.declare(_EC2, "_route_tables", _WHY)
FLOW_LOGS = private_api.declare(_EC2, "_flow_logs", _WHY)
TAGS = private_api.declare(_EC2, "_tags", _WHY)

ACTIONS = private_api.declare(_EC2, "_ACTION_MAP", _WHY)
INTERFACE_SERVICES = private_api.declare(_EC2, "_VPCE_INTERFACE_SERVICES", "know the services that have endpoints")
GATEWAY_SERVICES = private_api.declare(_EC2, "_VPCE_GATEWAY_SERVICES", "know the services that have endpoints")
_ERROR = private_api.declare(_EC2, "_error", _WHY, takes=("code", "message", "status"))
_XML = private_api.declare(_EC2, "_xml", _WHY, takes=("status", "root_tag", "inner"))
_MEMBERS = private_api.declare(_EC2, "_parse_member_list", _WHY, takes=("params", "prefix"))
_FILTERS = private_api.declare(_EC2, "_parse_filters", _WHY, takes=("params",))
_MATCHES_TAGS = private_api.declare(_EC2, "_resource_matches_tag_filters", _WHY, takes=("resource_id", "filters"))
_MATCHES = private_api.declare(_EC2, "_glob_match", _WHY, takes=("pattern", "value"))
_TAG_SET = private_api.declare(_EC2, "_tag_set_xml", _WHY, takes=("resource_id",))
_PREFIX_LIST = private_api.declare(
    _EC2, "_aws_pl_id_from_name", "route a gateway endpoint's prefix list", takes=("prefix_name",)
)
_DEFAULTS = private_api.declare(_EC2, "_ensure_defaults_initialized", "have the account's default VPC", takes=())

Params = Mapping[str, Any]
Answer = tuple[int, dict[str, str], bytes]


class Ec2Error(Exception):
    """A refusal with a code of the EC2 API reference's page "Error codes"."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def answer(self) -> Answer:
        answer: Answer = _ERROR.get()(self.code, self.message.replace("&", "&amp;").replace("<", "&lt;"), 400)
        return answer


def text(params: Params, name: str) -> str:
    value = params.get(name, "")
    return str((value[0] if value else "") if isinstance(value, list) else value)


def members(params: Params, name: str) -> list[str]:
    found: list[str] = _MEMBERS.get()(params, name)
    return found


def answer(operation: str, inner: str) -> Answer:
    result: Answer = _XML.get()(200, f"{operation}Response", inner)
    return result


def tag_set(resource_id: str) -> str:
    return str(_TAG_SET.get()(resource_id))


def prefix_list(service: str) -> str:
    """Return the id of the AWS-managed prefix list of `com.amazonaws.<region>.s3` and the like."""
    return str(_PREFIX_LIST.get()(service))


def ensure_defaults() -> None:
    _DEFAULTS.get()()


def filtered(params: Params, resource_id: str, values: Mapping[str, list[str]]) -> bool:
    """Whether a resource passes a request's filters. Raises Ec2Error for a filter that is not among `values`.

    MiniStack ignores filters that it does not know and answers everything.
    """
    filters: dict[str, list[str]] = _FILTERS.get()(params)
    if not _MATCHES_TAGS.get()(resource_id, filters):
        return False
    for name, wanted in filters.items():
        if name.startswith("tag:") or name == "tag-key":
            continue
        if name not in values:
            raise Ec2Error("InvalidParameterValue", f"The filter '{name}' is invalid")
        if not any(_MATCHES.get()(pattern, value) for pattern in wanted for value in values[name]):
            return False
    return True


def vpc(vpc_id: str) -> dict[str, Any]:
    ensure_defaults()
    return _found(VPCS.get(), vpc_id, "InvalidVpcID.NotFound", "vpc ID")


def subnet(subnet_id: str) -> dict[str, Any]:
    ensure_defaults()
    return _found(SUBNETS.get(), subnet_id, "InvalidSubnetID.NotFound", "subnet ID")


def group(group_id: str) -> dict[str, Any]:
    ensure_defaults()
    return _found(GROUPS.get(), group_id, "InvalidGroup.NotFound", "security group")


def route_table(table_id: str) -> dict[str, Any]:
    ensure_defaults()
    return _found(ROUTE_TABLES.get(), table_id, "InvalidRouteTableID.NotFound", "routeTable ID")


def _found(store: Any, name: str, code: str, kind: str) -> dict[str, Any]:
    record: dict[str, Any] | None = store.get(name)
    if record is None:
        raise Ec2Error(code, f"The {kind} '{name}' does not exist")
    return record
