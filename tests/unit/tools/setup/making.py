"""Makes an environment, with or without starting programs."""

from pathlib import Path

import pytest

from tools.setup import uv, venvs
from tools.setup.commands import Runner
from tools.setup.venvs import Venv


def make(venv: Venv, root: Path, settings: uv.Settings | None = None) -> None:
    program = uv.Uv(root, settings or uv.Settings())
    venvs.make(venv, uv=program, runner=Runner(root=root), say=lambda _: None)


def fake_make(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace the start of programs by a function that creates an interpreter; returns the command lines."""
    seen: list[list[str]] = []

    def run(self: Runner, command, **_: object) -> None:
        seen.append([str(part) for part in command][1:])
        if seen[-1][0] == "venv":
            python = venvs.python_of(Path(seen[-1][-1]))
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
            (python.parents[1] / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.13.9\n")

    monkeypatch.setattr(Runner, "run", run)
    return seen
