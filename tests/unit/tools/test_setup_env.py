"""Tests tools/setup_env.py, the first program that a new user's Python runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup_env

SCRIPT = Path(setup_env.__file__)


def pretend(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], *, venv: bool = True) -> None:
    monkeypatch.setattr(setup_env.sys, "version_info", version)
    monkeypatch.setattr(setup_env, "can_make_venvs", lambda: venv)


def test_too_old_a_python_is_named_with_what_to_do(monkeypatch, capsys):
    pretend(monkeypatch, (3, 9, 18))
    monkeypatch.setattr(setup_env, "usable", lambda name: False)
    assert setup_env.main() == 1
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    assert "Python 3.9.18" in output and "too old" in output and "apt install" in output


def test_a_python_without_venv_is_told_which_package_to_install(monkeypatch, capsys):
    pretend(monkeypatch, (3, 11, 2), venv=False)
    monkeypatch.setattr(setup_env, "usable", lambda name: False)
    assert setup_env.main() == 1
    assert "sudo apt install python3.11-venv" in capsys.readouterr().err


def test_another_python_on_the_path_takes_over(monkeypatch):
    pretend(monkeypatch, (3, 9, 18))
    monkeypatch.setattr(setup_env, "usable", lambda name: name == "python3.12")
    monkeypatch.setattr(sys, "argv", ["setup_env.py", "app"])
    called = []
    monkeypatch.setattr(setup_env.os, "execvp", lambda program, arguments: called.append((program, arguments)))
    setup_env.main()
    assert called == [("python3.12", ["python3.12", str(SCRIPT), "app"])]


def test_a_program_that_is_not_a_working_python_is_not_usable(tmp_path):
    program = tmp_path / "python3.12"
    program.write_text("#!/bin/sh\nexit 127\n")
    program.chmod(0o755)
    assert not setup_env.usable(str(program))
    assert not setup_env.usable(str(tmp_path / "nothing"))
    assert setup_env.usable(sys.executable)


def test_it_parses_under_a_python_2_grammar():
    source = SCRIPT.read_text()
    assert 'f"' not in source and "->" not in source and " := " not in source


def test_an_unknown_group_is_refused():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "everything"], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 2
    assert "'everything' is not one of app, model, aws, notebooks, huggingface, mongodb, bench, all" in done.stderr
