"""Tests tools/compare_templates.py on this repository: a clone with changes against its own HEAD."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import compare_templates

ROOT = Path(__file__).resolve().parents[2]


def test_what_a_change_does_to_the_templates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
    file = clone / "stacks/shared/python_function.py"
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace(".handler.handler", ".main.handler"), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != source
    assert compare_templates.main([], repository=clone) == 0
    assert capsys.readouterr().out.startswith("3 environments, ")
    file.write_text(source.replace("memory_mb: int = 256", "memory_mb: int = 257"), encoding="utf-8")
    assert compare_templates.main([], repository=clone) == 1
    assert ".Properties.MemorySize: 256 -> 257" in capsys.readouterr().out
