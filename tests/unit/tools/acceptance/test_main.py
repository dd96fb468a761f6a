"""Tests the command `make acceptance`."""

from pathlib import Path

import pytest

from tests.unit.tools.acceptance.conftest import NAME
from tools.acceptance import main


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / NAME / f"{NAME}.yaml"
    kept.parent.mkdir()
    kept.write_text("mine")
    assert main.main(["--env", "local", "--name", NAME, "--folder", str(tmp_path), "--yes"]) == main.USAGE_STATUS
    assert kept.read_text() == "mine" and "already exists" in capsys.readouterr().err
