"""Cloud assemblies of a few resources, as the CDK writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FUNCTION, TABLE, POLICY = "AWS::Lambda::Function", "AWS::DynamoDB::GlobalTable", "AWS::IAM::Policy"


def written(folder: Path, stacks: dict[str, dict[str, Any]], *, region: str = "us-east-1") -> Path:
    """An assembly with these stacks: templates by name."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}
    for name, template in stacks.items():
        file = f"{name}.template.json"
        (folder / file).write_text(json.dumps(template), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://unknown-account/{region}",
            "properties": {"templateFile": file},
            "displayName": name,
        }
    manifest = {"version": "55.0.0", "artifacts": artifacts}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def template(actions: list[str] | None = None, *, memory: int = 128, table: bool = True) -> dict[str, Any]:
    """A function, perhaps a table, and a role's policy with these actions."""
    statement = {"Effect": "Allow", "Action": actions or ["s3:GetObject"], "Resource": "a/*"}
    policy = {"Roles": ["a-role"], "PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}
    resources = {
        "Handler": {"Type": FUNCTION, "Properties": {"MemorySize": memory}},
        "Policy": {"Type": POLICY, "Properties": policy},
    }
    if table:
        resources["Table"] = {"Type": TABLE, "Properties": {}}
    return {"Resources": resources}
