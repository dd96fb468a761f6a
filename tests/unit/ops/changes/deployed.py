"""An account's stacks behind a real CloudFormation client: requests are checked, nothing is sent.

moto's CloudFormation takes ten seconds to import, because it brings all of moto's services along.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any


class Deployed:
    """Stacks by name: (template, status). calls: the operations that were called."""

    def __init__(self, client: Any, stacks: dict[str, tuple[dict[str, Any], str]]) -> None:
        self.stacks = stacks
        self.calls: list[str] = []
        client.meta.events.register("before-call.cloudformation", self._answer)

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        self.calls.append(model.name)
        name = params["body"]["StackName"]
        if name not in self.stacks:
            error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
            return SimpleNamespace(status_code=400), {"Error": error}
        template, status = self.stacks[name]
        answers: dict[str, dict[str, Any]] = {
            "DescribeStacks": {"Stacks": [{"StackName": name, "StackStatus": status}]},
            "GetTemplate": {"TemplateBody": json.dumps(template)},
        }
        return SimpleNamespace(status_code=200), answers[model.name]
