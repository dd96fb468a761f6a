"""Make DescribeStacks report an SSM parameter's name, and the value it resolved to next to it.

MiniStack reports the value in place of the name.
"""

import xml.etree.ElementTree as ET
from typing import Any

from local_aws import private_api

_HANDLERS = "ministack.services.cloudformation.handlers"
_ACTIONS = private_api.declare(
    _HANDLERS,
    "_ACTION_HANDLERS",
    "report resolved stack parameters",
    expects=lambda actions: callable(actions.get("DescribeStacks")),
)
_STACKS = private_api.declare("ministack.services.cloudformation", "_stacks", "report resolved stack parameters")
_NAMESPACE = private_api.declare(
    "ministack.services.cloudformation.helpers",
    "CFN_NS",
    "report resolved stack parameters",
    expects=lambda namespace: str(namespace).startswith("http"),
)


def install() -> None:
    """Wrap the action that describes a stack's parameters."""
    describe = _ACTIONS.get()["DescribeStacks"]

    def describing(params: Any) -> Any:
        status, headers, body = describe(params)
        return status, headers, with_names(body) if status == 200 else body

    _ACTIONS.get()["DescribeStacks"] = describing


def with_names(body: bytes) -> bytes:
    """Set ParameterValue to the SSM parameter's name and ResolvedValue to its value."""
    namespace = _NAMESPACE.get()
    ET.register_namespace("", namespace)
    root = ET.fromstring(body)
    for stack in root.iterfind(f".//{{{namespace}}}Stacks/{{{namespace}}}member"):
        record = _STACKS.get().get(stack.findtext(f"{{{namespace}}}StackName")) or {}
        resolved = record.get("_resolved_params") or {}
        for parameter in stack.iterfind(f"{{{namespace}}}Parameters/{{{namespace}}}member"):
            known = resolved.get(parameter.findtext(f"{{{namespace}}}ParameterKey")) or {}
            value = parameter.find(f"{{{namespace}}}ParameterValue")
            if "SsmName" in known and value is not None:
                ET.SubElement(parameter, f"{{{namespace}}}ResolvedValue").text = value.text
                value.text = known["SsmName"]
    rendered: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return rendered
