"""CloudFormation's resource schemas, which the pinned cfn-lint's package has.

cfn-lint is a tool of development: what is needed of its schemas elsewhere is written into files.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

REGION = "us-east-1"


@cache
def files() -> dict[str, str]:
    """Each type's file, by the type's name."""
    found: dict[str, str] = json.loads((_folder() / "providers" / f"{REGION}.json").read_text(encoding="utf-8"))
    return found


def schema(name: str) -> dict[str, Any]:
    """The schema of a type."""
    content = (_folder() / "resources" / f"{files()[name]}.json").read_text(encoding="utf-8")
    return dict(json.loads(content))


def source() -> str:
    """Where the facts are from."""
    date = str(json.loads((_folder() / "version.json").read_text(encoding="utf-8"))["schema_date"])
    version = importlib.metadata.version("cfn-lint")
    return f"CloudFormation's resource schemas for {REGION} of {date[:10]}, by cfn-lint {version}"


def _folder() -> Path:
    spec = importlib.util.find_spec("cfnlint")  # a submodule's would import the package, which takes seconds
    assert spec is not None and spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / "data" / "schemas"
