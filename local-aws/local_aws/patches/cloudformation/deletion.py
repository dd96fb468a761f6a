"""Keep the dependencies of a resource that cannot be deleted.

MiniStack deletes them anyway, so a custom resource whose deletion failed has no function for a second attempt.
"""

from typing import Any

from local_aws import private_api

_STACKS_MODULE = "ministack.services.cloudformation.stacks"
_DELETE = private_api.declare(
    _STACKS_MODULE,
    "_delete_resource",
    "keep what an undeleted resource needs",
    takes=("resource_type", "physical_id", "props", "stack_name", "logical_id"),
)
_NEEDS = private_api.declare(
    _STACKS_MODULE,
    "_with_dependencies",
    "keep what an undeleted resource needs",
    takes=("logical_ids", "res_defs", "remaining"),
)
_STACKS = private_api.declare("ministack.services.cloudformation", "_stacks", "keep what an undeleted resource needs")


class StillNeeded(Exception):  # noqa: N818 (what is the case, as in the sentence)
    """This resource is needed by resources that could not be deleted; the message names them."""


def install() -> None:
    """Wrap the deletion of a resource."""
    delete = _DELETE.get()

    def deleting(
        resource_type: str,
        physical_id: str,
        props: dict[str, Any],
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        users = _users(stack_name, logical_id)
        if users:
            raise StillNeeded(f"{', '.join(users)} could not be deleted and depends on it")
        delete(resource_type, physical_id, props, stack_name, logical_id)

    _DELETE.set(deleting)


def _users(stack_name: str | None, logical_id: str | None) -> list[str]:
    """Return the remaining resources of the stack that need this one; they should have been deleted first."""
    stack = _STACKS.get().get(stack_name) or {}
    if stack.get("StackStatus") != "DELETE_IN_PROGRESS":
        return []
    resources = stack.get("_resources", {})
    definitions = (stack.get("_template") or {}).get("Resources", {})
    return sorted(
        other
        for other in resources
        if other != logical_id and logical_id in _NEEDS.get()([other], definitions, set(resources))
    )
