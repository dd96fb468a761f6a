"""A server for all tests of this folder, in an environment of its own (.venv-mongodb)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.features.running import Running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("mongodb")
    with Running(folder / "data") as running:
        yield running
