"""What CloudFormation's resource schemas say about types: which properties replace a resource, what can be read back.

`createOnlyProperties` cannot change without a replacement, `conditionalCreateOnlyProperties` sometimes not; a property
in `writeOnlyProperties` is never read back; a type without a read handler has no drift detection (CloudFormation's
command line interface's user guide, "Resource type schema").
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("resource_types.json")


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One type. Properties are paths such as `Code/S3Key`; read: its read handler's IAM actions, None without one."""

    create_only: tuple[str, ...] = ()
    may_replace: tuple[str, ...] = ()
    write_only: tuple[str, ...] = ()
    read: tuple[str, ...] | None = None


# Actions of read handlers that read secrets or texts, or change something. A role that looks for drift goes without
# them; CloudFormation then answers UNKNOWN where it needs one.
WITHHELD = frozenset(
    {
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "iam:PassRole",
        "cloudwatch:PutMetricData",
        "s3:getObject",
        "s3:GetObject",
    }
)


def read_actions(types: Iterable[str]) -> list[str]:
    """The IAM actions with which CloudFormation reads resources of these types, without the withheld ones."""
    wanted = {action for name in types for action in known().get(name, ResourceType()).read or ()}
    return sorted(wanted - WITHHELD)


@cache
def known() -> dict[str, ResourceType]:
    """Every type of environments/aws/resource_types.json, which tools/aws_facts/resource_types.py writes."""
    types: dict[str, dict[str, Any]] = json.loads(FACTS.read_text(encoding="utf-8"))["types"]
    return {
        name: ResourceType(
            create_only=tuple(facts.get("create_only", ())),
            may_replace=tuple(facts.get("may_replace", ())),
            write_only=tuple(facts.get("write_only", ())),
            read=None if facts["read"] is None else tuple(facts["read"]),
        )
        for name, facts in types.items()
    }
