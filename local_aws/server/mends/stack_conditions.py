"""Fn::Join in a template's Conditions, as the template of `cdk bootstrap` has it.

MiniStack takes it for a text of its own there, so that no list is ever equal to "", and the role that deploys gets an
empty policy. CloudFormation resolves it ("Condition functions", supported functions, in the template reference).
"""

from typing import Any

from local_aws.server import seams

_WHY = "resolve Fn::Join in conditions"
_USERS = tuple(
    seams.declare(
        f"ministack.services.cloudformation.{module}", "_evaluate_conditions", _WHY, takes=("template", "params")
    )
    for module in ("engine", "changesets", "handlers", "stacks")
)


def install() -> None:
    """Wrap the function wherever it is called."""
    evaluate = _USERS[0].get()

    def evaluating(template: dict[str, Any], params: dict[str, Any]) -> Any:
        conditions = template.get("Conditions")
        if not conditions:
            return evaluate(template, params)
        return evaluate({**template, "Conditions": joined(conditions, params)}, params)

    for user in _USERS:
        user.set(evaluating)


def joined(value: Any, params: dict[str, Any]) -> Any:
    """The conditions with each Fn::Join as the text that it makes of parameters' values."""
    if isinstance(value, list):
        return [joined(item, params) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        delimiter, items = value["Fn::Join"]
        return str(delimiter).join(_texts(items, params))
    return {name: joined(item, params) for name, item in value.items()}


def _texts(items: Any, params: dict[str, Any]) -> list[str]:
    """The texts to join: a list parameter's, or those of a list of texts and parameters."""
    if isinstance(items, dict):
        return [part.strip() for part in _value(items, params).split(",")]
    return [_value(item, params) if isinstance(item, dict) else str(item) for item in items]


def _value(reference: dict[str, Any], params: dict[str, Any]) -> str:
    name = str(reference.get("Ref", ""))
    return str(params[name]["Value"]) if name in params else name
