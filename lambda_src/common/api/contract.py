"""The API's contract: openapi.json, which the build step makes from contracts/openapi.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_SOURCES = Path(__file__).resolve().parents[2]
_CONTRACT = _SOURCES.parent / "contracts" / "openapi.yaml"


@cache
def text() -> str:
    """The contract as JSON text; in a source tree, which has no build, converted from openapi.yaml."""
    built = _SOURCES / "openapi.json"
    if built.is_file():
        return built.read_text("utf-8")
    import yaml  # only a source tree has the YAML file and this reader

    return json.dumps(yaml.safe_load(_CONTRACT.read_text("utf-8")), separators=(",", ":"))


@cache
def document() -> dict[str, Any]:
    """The contract, parsed."""
    return dict(json.loads(text()))


@cache
def validator(schema: str) -> Callable[[Any], Any]:
    """Checks a value against components/schemas/`schema`; raises fastjsonschema.JsonSchemaValueException."""
    import fastjsonschema  # here, because a function that only serves the text does not need it

    root = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    check: Callable[[Any], Any] = fastjsonschema.compile(root)
    return check


def fits(schema: str, value: Any) -> bool:
    """Whether a value matches components/schemas/`schema`."""
    import fastjsonschema

    try:
        validator(schema)(value)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True
