"""Resolve conditions that use Fn::Join, which the CDK's bootstrap uses to check whether a list is set.

MiniStack compares the function itself, so every such condition was true, and the bootstrap gave CloudFormation's role a
policy without a name, and therefore no permissions.
"""

from typing import Any

from local_aws import private_api

_CLOUDFORMATION = "ministack.services.cloudformation"
# Each of these modules has imported the function under its own name.
_EVALUATE = tuple(
    private_api.declare(
        f"{_CLOUDFORMATION}.{module}",
        "_evaluate_conditions",
        "join lists in conditions",
        takes=("template", "params"),
    )
    for module in ("engine", "stacks", "changesets", "handlers")
)


def install() -> None:
    """Wrap the function in every module that imported it."""
    evaluate = _EVALUATE[0].get()

    def evaluating(template: dict[str, Any], params: dict[str, Any]) -> Any:
        return evaluate({**template, "Conditions": joined(template.get("Conditions", {}), params)}, params)

    for each in _EVALUATE:
        each.set(evaluating)


def joined(value: Any, params: dict[str, Any]) -> Any:
    """Replace each Fn::Join of strings and parameters in `value` with its result."""
    if isinstance(value, list):
        return [joined(item, params) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        delimiter, items = value["Fn::Join"]
        parts = _texts(items, params)
        return value if parts is None else str(delimiter).join(parts)
    return {name: joined(item, params) for name, item in value.items()}


def _texts(items: Any, params: dict[str, Any]) -> list[str] | None:
    """Return the strings in a list or a list parameter; None if a value is unknown here."""
    if isinstance(items, list):
        parts = [_texts(item, params) for item in items]
        return None if None in parts else [text for part in parts if part is not None for text in part]
    if isinstance(items, dict):
        value = params.get(items.get("Ref", ""), {}).get("Value")
        if value is None:
            return None
        return [text.strip() for text in value.split(",")] if isinstance(value, str) else [str(text) for text in value]
    return [str(items)]
