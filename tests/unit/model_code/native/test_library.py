"""The compiled kernels: looked for beside the code and in the build, and used only if they match."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_code.serving.engines.native import library, structures


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the kernels for code in another place, without built kernels."""
    here = tmp_path / "model_code/serving/engines/native"
    monkeypatch.setattr(library, "HERE", here)
    assert library.folder() is None
    (here / library.BUILT).mkdir(parents=True)
    return here / library.BUILT


def test_a_machine_without_kernels_has_none(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library._load(library.FAST) is None
    (elsewhere / library.FAST).write_bytes(b"not a library")
    assert library.folder() == elsewhere
    assert library._load(library.FAST) is None
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert library._load(library.FAST) is None


def test_kernels_of_other_sources_are_not_used(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(request.config.rootpath / "build/native", elsewhere, dirs_exist_ok=True)
    assert library._load(library.PLAIN) is not None
    monkeypatch.setattr(library, "Model", structures.Layer)
    assert library._load(library.PLAIN) is None
