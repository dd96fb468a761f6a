"""The compiled kernels: looked for beside the code and in the build, and used only if they match."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_code.serving.engines.native import library, structures
from tests import processor


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the kernels for code in another place, without built kernels."""
    here = tmp_path / "model_code/serving/engines/native"
    monkeypatch.setattr(library, "HERE", here)
    assert library.folder() is None
    (here / library.BUILT).mkdir(parents=True)
    return here / library.BUILT


def test_a_machine_without_kernels_has_none(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fastest = library.files()[0]
    assert library._load(fastest) is None
    (elsewhere / fastest).write_bytes(b"not a library")
    assert library.folder() == elsewhere
    assert library._load(fastest) is None
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert library.files() == () and library.all_kernels() == []


def test_kernels_of_other_sources_are_not_used(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(request.config.rootpath / "build/native", elsewhere, dirs_exist_ok=True)
    plain = library.files()[-1]
    assert library._load(plain) is not None
    monkeypatch.setattr(library, "Model", structures.Layer)
    assert library._load(plain) is None


def test_the_fastest_that_runs_here_serves() -> None:
    names = [library.kernel(each) for each in library.all_kernels()]
    assert names[-1] == "plain"
    fast = library.fast()
    assert (fast and library.kernel(fast)) == (names[0] if len(names) > 1 else None)


def test_the_choice_follows_the_processor_s_flags() -> None:
    names = [library.kernel(each) for each in library.all_kernels()]
    assert names == [*processor.kernels(), "plain"]
