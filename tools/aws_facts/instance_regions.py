"""Writes environments/aws/instance_regions.yaml: `python -m tools.aws_facts.instance_regions`.

Run it after each new pin of cfn-lint, which makes its lists of instance types from AWS's public price list; its package
is a tool of development, and `rubric preflight --offline` runs without it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "environments" / "aws" / "instance_regions.yaml"
USES = ("hosting", "processing", "transform")
_HEAD = """\
# SageMaker's instance families by region and use, from the lists of cfn-lint {version}, which AWS's price list makes.
# Written by `python -m tools.aws_facts.instance_regions`; training has no list of its own. A hint, not AWS's word: a
# region's Service Quotas are.
"""


def render() -> str:
    """The whole file."""
    lines = [_HEAD.format(version=importlib.metadata.version("cfn-lint")), f"source: cfn-lint {_version()}\n"]
    for use in USES:
        lines.append(f"{use}:\n")
        lines += [f"  {region}: {' '.join(families)}\n" for region, families in sorted(_families(use).items())]
    return "".join(lines)


def _version() -> str:
    return importlib.metadata.version("cfn-lint")


def _families(use: str) -> dict[str, list[str]]:
    spec = importlib.util.find_spec("cfnlint.data.schemas.extensions")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    lists = json.loads((folder / f"aws_sagemaker_{use}" / "instancetype_enum.json").read_text(encoding="utf-8"))
    return {
        region: sorted({name.split(".")[1] for name in listed["enum"]})
        for region, listed in lists.items()
        if isinstance(listed, dict)
    }


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
