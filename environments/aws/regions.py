"""What AWS has in each region: environments/aws/regions.yaml, with its sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FACTS = Path(__file__).with_name("regions.yaml")
# Of AWS's own domains, where it is not amazonaws.com; tests/stacks/test_regions.py holds them against the CDK's.
_SUFFIXES = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region. containers: the account of AWS's deep learning containers there.

    snap_start: whether Lambda starts Python functions from snapshots. lacks: types that CloudFormation does not have.
    """

    containers: str
    snap_start: bool = True
    lacks: tuple[str, ...] = ()


@cache
def known() -> dict[str, Region]:
    """Every region that is known, by its code."""
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    return {code: Region(**{**values, "lacks": tuple(values.get("lacks", ()))}) for code, values in facts.items()}


def registry(region: str) -> str:
    """Where a region's deep learning containers of AWS are pulled from: `<account>.dkr.ecr.<region>.amazonaws.com`."""
    suffix = next((end for start, end in _SUFFIXES.items() if region.startswith(start)), "amazonaws.com")
    return f"{known()[region].containers}.dkr.ecr.{region}.{suffix}"
