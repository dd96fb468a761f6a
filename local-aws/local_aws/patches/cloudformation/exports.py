"""Roll back an update that would remove or change an export that another stack imports.

MiniStack enforces this only for deletions, and keeps listing exports that an update has removed. CloudFormation's
template reference on Fn::ImportValue: outputs that another stack references cannot be modified or removed. The two
messages are in aws/aws-cdk #17741 and linz/geostore #630.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws import private_api

_WHAT = "keep the exports that other stacks import"
_RESOLVE = private_api.declare(
    "ministack.services.cloudformation.stacks",
    "_resolve_stack_outputs",
    _WHAT,
    takes=("outputs_defs", "conditions", "resources", "param_values", "mappings", "stack_name", "stack_id"),
)
_STACKS = private_api.declare("ministack.services.cloudformation", "_stacks", _WHAT)
_EXPORTS = private_api.declare("ministack.services.cloudformation", "_exports", _WHAT)
_IMPORTED = private_api.declare(
    "ministack.services.cloudformation.handlers", "_imported_export_names", _WHAT, takes=("stack", "stack_name")
)


def install() -> None:
    """Wrap the step of a deploy that resolves a stack's outputs."""
    resolve = _RESOLVE.get()

    def resolving(
        outputs_defs: Any,
        conditions: Any,
        resources: Any,
        param_values: Any,
        mappings: Any,
        stack_name: str,
        stack_id: str,
    ) -> Any:
        outputs, exports = resolve(outputs_defs, conditions, resources, param_values, mappings, stack_name, stack_id)
        exported = _EXPORTS.get()
        before = {name: each["Value"] for name, each in exported.items() if each["StackId"] == stack_id}
        after = {name: each["Value"] for name, each in exports.items()}
        hold(before, after, importers=_importers(stack_name))
        for name in before.keys() - after.keys():
            exported.pop(name, None)
        return outputs, exports

    _RESOLVE.set(resolving)


def hold(before: Mapping[str, str], after: Mapping[str, str], *, importers: Mapping[str, list[str]]) -> None:
    """Raise ValueError, with CloudFormation's message, if an imported export is removed or changed.

    importers: for each export's name, the stacks that import it.
    """
    for name in sorted(before):
        users = importers.get(name)
        if users and after.get(name) != before[name]:
            what = "updated" if name in after else "deleted"
            raise ValueError(f"Export {name} cannot be {what} as it is in use by {', '.join(sorted(users))}")


def _importers(exporter: str) -> dict[str, list[str]]:
    importers: dict[str, list[str]] = {}
    for stack_name, export in _imports(exporter):
        importers.setdefault(export, []).append(stack_name)
    return importers


def _imports(exporter: str) -> Iterator[tuple[str, str]]:
    for name, stack in list(_STACKS.get().items()):
        if name != exporter and "DELETE_COMPLETE" not in stack.get("StackStatus", ""):
            for export in _IMPORTED.get()(stack, name):
                yield name, export
