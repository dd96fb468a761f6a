"""Whether SageMaker has an instance type in a region, by AWS's price list (aws/instance_regions.yaml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from environments.aws.instances import family

Use = Literal["training", "hosting", "transform"]

# AWS has no list for training: a family that a region has for processing or hosting counts as available.
_LISTS: dict[Use, tuple[str, ...]] = {
    "training": ("processing", "hosting"),
    "hosting": ("hosting",),
    "transform": ("transform",),
}


@cache
def _table() -> dict[str, Any]:
    path = Path(__file__).with_name("instance_regions.yaml")
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def source() -> str:
    """What the table was made from: `cfn-lint 1.58.0`."""
    return str(_table()["source"])


def listed(instance_type: str, *, region: str, use: Use) -> bool:
    """Whether the price list has the type's family in the region for that use."""
    return any(family(instance_type) in _table()[name].get(region, "").split() for name in _LISTS[use])


def known_region(region: str) -> bool:
    """Whether the price list has SageMaker in the region at all."""
    return any(region in _table()[name] for name in ("processing", "hosting"))
