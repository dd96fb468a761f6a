"""The contract stays compatible with its last released version.

`tests/contract/released/` has a copy of contracts/openapi.yaml for each released version. To release one: raise
info.version (the first number never moves under /v1; the second for additions), and copy the file there. The promise is
in docs/consumers.md, and why the first copy is 1.2.0 in docs/decisions/0036-what-the-contract-s-version-promises.md.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.checks.contract_changes import breaking

ROOT = Path(__file__).resolve().parents[2]
RELEASED = Path(__file__).parent / "released"


def version(document: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in document["info"]["version"].split("."))


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8")))


def promised(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the pages and their files, which are for people and no part of the promise."""
    paths = {
        path: item
        for path, item in document["paths"].items()
        if any("application/json" in operation["responses"]["200"]["content"] for operation in item.values())
    }
    return {**document, "paths": paths}


NOW = promised(read(ROOT / "contracts/openapi.yaml"))
LAST = promised(max((read(path) for path in RELEASED.glob("openapi-*.yaml")), key=version))


def test_no_client_of_the_last_release_is_broken() -> None:
    assert breaking(LAST, NOW) == []


def test_what_differs_from_the_last_release_has_a_version_of_its_own() -> None:
    assert version(NOW) >= version(LAST)
    if version(NOW) == version(LAST):
        assert NOW == LAST, "raise info.version in contracts/openapi.yaml"
    assert version(NOW)[0] == 1, "another first number needs paths of its own (/v2)"


def test_the_promise_covers_what_programs_call() -> None:
    assert {"/v1/classify", "/v1/stats", "/health", "/openapi.json"} <= set(LAST["paths"])
    assert not {"/", "/docs", "/console.js"} & set(LAST["paths"])


Change = Callable[[dict[str, Any]], object]
SCHEMAS, FEEDBACK = ("components", "schemas"), ("components", "schemas", "FeedbackRequest")


def at(document: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        document = document[name]
    return document


BREAKS: dict[str, Change] = {
    "a route is removed": lambda d: d["paths"].pop("/v1/stats"),
    "a request's property is required": lambda d: at(d, *FEEDBACK)["required"].append("position"),
    "a request's new property is required": lambda d: (
        at(d, *FEEDBACK, "properties").update(reason={"type": "string"}),
        at(d, *FEEDBACK)["required"].append("reason"),
    ),
    "an answer's property is removed": lambda d: at(d, *SCHEMAS, "SingleAnswer", "properties").pop("latency_ms"),
    "an answer's property may be missing": lambda d: at(d, *SCHEMAS, "Prediction")["required"].remove("labels"),
    "a request's text is shorter": lambda d: at(d, *SCHEMAS, "Text").update(maxLength=1000),
    "an answer has another word": lambda d: at(d, *SCHEMAS, "Backend")["enum"].append("other"),
    "a property changes its type": lambda d: at(d, *SCHEMAS, "Health", "properties", "environment").update(
        type="integer"
    ),
    "a route needs another scope": lambda d: at(d, "paths", "/v1/model", "get").update(
        security=[{"apiKey": ["admin"]}]
    ),
    "a header is removed": lambda d: at(d, "components", "responses", "InProgress", "headers").pop("retry-after"),
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_a_break_of_the_last_release_is_seen(change: Change) -> None:
    changed = copy.deepcopy(LAST)
    change(changed)
    assert breaking(LAST, changed)


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.yaml")), ids=lambda path: path.name)
def test_a_released_copy_is_named_after_its_version(path: Path) -> None:
    assert path.name == f"openapi-{read(path)['info']['version']}.yaml"
