"""Writes environments/aws/resource_types.json: `python -m tools.aws_facts.resource_types`.

Run it after each new pin of cfn-lint, whose package has CloudFormation's resource schemas; it is a tool of development,
and `rubric stacks` runs without it. It takes whole services, so that a new resource of one of them needs no new run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.aws_facts import schemas

TARGET = Path(__file__).resolve().parents[2] / "environments" / "aws" / "resource_types.json"
SERVICES = (
    *("ApiGateway", "ApiGatewayV2", "ApplicationAutoScaling", "CloudWatch", "CodeBuild", "DynamoDB", "EC2", "ECR"),
    *("Events", "IAM", "KMS", "Lambda", "Logs", "S3", "SNS", "SQS", "SSM", "SageMaker", "Scheduler"),
    *("SecretsManager", "StepFunctions", "Budgets", "DocDB"),
)


def render() -> str:
    """The whole file: a line for each type."""
    names = [name for name in schemas.files() if name.split("::")[1] in SERVICES]
    lines = [f"{json.dumps(name)}: {json.dumps(facts(name))}" for name in sorted(names)]
    return f'{{"source": {json.dumps(schemas.source())},\n"types": {{\n' + ",\n".join(lines) + "\n}}\n"


def facts(name: str) -> dict[str, list[str] | None]:
    """Of one type; without a read handler, `read` is None."""
    schema = schemas.schema(name)
    read = schema.get("handlers", {}).get("read")
    found = {
        "create_only": _paths(schema, "createOnlyProperties"),
        "may_replace": _paths(schema, "conditionalCreateOnlyProperties"),
        "write_only": _paths(schema, "writeOnlyProperties"),
        "read": None if read is None else sorted(read.get("permissions", [])),
    }
    return {key: value for key, value in found.items() if value or key == "read"}


def _paths(schema: dict[str, Any], key: str) -> list[str]:
    """`Code/S3Key` for `/properties/Code/S3Key`."""
    return sorted(path.removeprefix("/properties/") for path in schema.get(key, []))


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
