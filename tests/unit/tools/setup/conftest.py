"""A folder to set up, and an environment for it."""

from pathlib import Path

import pytest

from tools.setup.venvs import Venv


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    return tmp_path


@pytest.fixture
def venv() -> Venv:
    return Venv(".venv-x", "x", "some", disk_gb=0.01)
