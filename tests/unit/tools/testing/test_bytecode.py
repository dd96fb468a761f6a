"""Tests tools/testing/bytecode.py: on a machine that writes no bytecode, a run still compiles each module once."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.testing import bytecode


def test_bytecode_is_kept_in_the_build_where_it_may_not_lie_beside_the_sources(tmp_path: Path) -> None:
    (tmp_path / "imported.py").write_text("x = 1\n")
    own = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    own.pop("PYTHONPYCACHEPREFIX", None)
    environment = bytecode.environment(own, tmp_path)
    subprocess.run([sys.executable, "-c", "import imported"], cwd=tmp_path, env=environment, check=True)
    assert not (tmp_path / "__pycache__").exists()
    assert [path.name.split(".")[0] for path in (tmp_path / "build").rglob("imported.*.pyc")] == ["imported"]


def test_elsewhere_nothing_changes(tmp_path: Path) -> None:
    for own in ({}, {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/theirs"}):
        assert bytecode.environment(own, tmp_path) == own


def test_what_was_compiled_for_temporary_folders_is_deleted_and_the_rest_stays(tmp_path: Path) -> None:
    folder = Path(bytecode.environment({"PYTHONDONTWRITEBYTECODE": "1"}, tmp_path)["PYTHONPYCACHEPREFIX"])
    temporary = Path(tempfile.gettempdir()).resolve()
    gone = folder / temporary.relative_to("/") / "pytest" / "conftest.pyc"
    kept = folder / "project" / "module.pyc"
    for file in (gone, kept):
        file.parent.mkdir(parents=True)
        file.touch()
    bytecode.forget_temporary(tmp_path)
    assert kept.exists() and not gone.exists()
