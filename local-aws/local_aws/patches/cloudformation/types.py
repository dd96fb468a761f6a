"""Check a stack request's ResourceTypes or Capabilities: not both, and enough of either.

MiniStack does not read ResourceTypes, and requires capabilities only where it also checks signatures. Sources:
API_UpdateStack (Capabilities, ResourceTypes); CloudFormation user guide, "control-access-with-iam": with ResourceTypes,
"users must specify all the resource types that are in their template". The messages are our own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from local_aws import private_api

_HANDLERS = "ministack.services.cloudformation.handlers"
_WHAT = "hold a template to the resource types and capabilities of its request"
_CHECK = private_api.declare(_HANDLERS, "_check_capabilities", _WHAT, takes=("sent", "template", "params", "macros"))
_ENFORCED = private_api.declare(_HANDLERS, "_capabilities_enforced", _WHAT, takes=())
_MEMBERS = private_api.declare(
    "ministack.services.cloudformation.helpers", "_extract_string_members", _WHAT, takes=("params", "prefix")
)
_ERROR = private_api.declare(
    "ministack.services.cloudformation.helpers", "_error", _WHAT, takes=("code", "message", "status")
)


def install() -> None:
    """Wrap the check of each request with a template."""
    check = _CHECK.get()

    def checking(sent: Any, template: Any, params: Any, macros: bool = True) -> Any:
        types, capabilities = (_MEMBERS.get()(params, name) for name in ("ResourceTypes", "Capabilities"))
        refused = refusal(template, types=types, capabilities=capabilities)
        return _ERROR.get()("ValidationError", refused) if refused else check(sent, template, params, macros)

    _CHECK.set(checking)
    _ENFORCED.set(lambda: True)


def refusal(template: Mapping[str, Any], *, types: Sequence[str], capabilities: Sequence[str]) -> str | None:
    """Return why CloudFormation refuses a template with these types and capabilities, or None."""
    if not types:
        return None
    if capabilities:
        return "Only one of the Capabilities and ResourceTypes parameters can be specified."
    resources = template.get("Resources", {}).values()
    others = {str(each.get("Type")) for each in resources if not _covered(str(each.get("Type")), types)}
    if others:
        return f"ResourceTypes does not include these types of the template: [{', '.join(sorted(others))}]"
    return None


def _covered(kind: str, types: Sequence[str]) -> bool:
    """Whether the list includes a type; a last part may be `*` (`AWS::*`, `AWS::EC2::*`, `Custom::*`)."""
    return any(kind == each or (each.endswith("::*") and kind.startswith(each[:-1])) for each in types)
