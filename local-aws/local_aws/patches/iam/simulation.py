"""SimulatePrincipalPolicy for a missing role is NoSuchEntity; MiniStack reports that the role has no permissions."""

from typing import Any

from local_aws import private_api

_IAM = "ministack.services.iam"
_WHAT = "refuse to simulate a role that is not there"
_HANDLERS = private_api.declare(
    _IAM, "_IAM_HANDLERS", _WHAT, expects=lambda found: callable(found.get("SimulatePrincipalPolicy"))
)
_ROLES = private_api.declare(_IAM, "_roles", _WHAT)
_USERS = private_api.declare(_IAM, "_users", _WHAT)
_ERROR = private_api.declare(_IAM, "_error", _WHAT, takes=("status", "code", "message", "ns"))


def install() -> None:
    """Wrap the action."""
    simulate = _HANDLERS.get()["SimulatePrincipalPolicy"]

    def simulating(params: Any) -> Any:
        kind, _, path = _parameter(params, "PolicySourceArn").rpartition(":")[2].partition("/")
        store, name = {"role": _ROLES, "user": _USERS}.get(kind), path.rpartition("/")[2]
        if store is not None and name not in store.get():
            return _ERROR.get()(404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.")
        return simulate(params)

    _HANDLERS.get()["SimulatePrincipalPolicy"] = simulating


def _parameter(params: Any, name: str) -> str:
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
