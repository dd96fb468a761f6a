"""The contract against its last released version: whoever has written a client keeps it.

`tests/contract/released/` has a copy of lambda_src/openapi.yaml for each released version. To release one: raise
info.version (the first number never moves under /v1; the second for additions), and copy the file there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.contract_changes import breaking

ROOT = Path(__file__).resolve().parents[2]
RELEASED = Path(__file__).parent / "released"


def version(document: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in document["info"]["version"].split("."))


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8")))


NOW = read(ROOT / "lambda_src/openapi.yaml")
LAST = max((read(path) for path in RELEASED.glob("openapi-*.yaml")), key=version)


def test_no_client_of_the_last_release_is_broken() -> None:
    assert breaking(LAST, NOW) == []


def test_what_differs_from_the_last_release_has_a_version_of_its_own() -> None:
    assert version(NOW) >= version(LAST)
    if version(NOW) == version(LAST):
        assert NOW == LAST, "raise info.version in lambda_src/openapi.yaml"
    assert version(NOW)[0] == 1, "another first number needs paths of its own (/v2)"


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.yaml")), ids=lambda path: path.name)
def test_a_released_copy_is_named_after_its_version(path: Path) -> None:
    assert path.name == f"openapi-{read(path)['info']['version']}.yaml"
