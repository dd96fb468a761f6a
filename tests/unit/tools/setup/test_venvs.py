"""A virtual environment is made unless it is current, and repaired after an interrupted run."""

import pytest

from tests.unit.tools.setup.making import fake_make, make
from tools.setup import stamps, torch_build, uv, venvs
from tools.setup.commands import Runner
from tools.setup.venvs import Venv

SYNC = ["sync", "--frozen", "--only-group", "some"]


def test_a_finished_environment_is_current_until_the_lock_changes(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    assert not venvs.is_current(venv, root=root)
    make(venv, root)
    assert [line[0] for line in seen] == ["venv", "sync"]
    assert seen[-1] == SYNC
    assert venvs.is_current(venv, root=root)
    (root / "uv.lock").write_text("version = 2\n")
    assert not venvs.is_current(venv, root=root)


def test_another_torch_makes_only_its_environments_stale(root, venv, monkeypatch):
    with_torch = Venv(".venv-x", "x", "some", disk_gb=0.01, torch=True)
    before = [venvs.wanted_digest(each, root=root) for each in (venv, with_torch)]
    monkeypatch.setattr(torch_build, "VERSION", "9.9.9")
    after = [venvs.wanted_digest(each, root=root) for each in (venv, with_torch)]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


def test_an_interrupted_environment_is_made_anew(root, venv, monkeypatch):
    fake_make(monkeypatch)
    folder, run = root / venv.folder, Runner.run

    def interrupted(self: Runner, command, **options) -> None:
        if "sync" in command:
            raise KeyboardInterrupt
        run(self, command, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Runner, "run", interrupted)
        make(venv, root)
    assert stamps.read(folder)["state"] == stamps.INSTALLING
    assert not venvs.is_current(venv, root=root)
    (folder / "half-written").touch()
    make(venv, root)
    assert not (folder / "half-written").exists()
    assert venvs.is_current(venv, root=root)


def test_a_changed_lock_is_installed_into_a_sound_environment(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    (root / "uv.lock").write_text("version = 2\n")
    (root / venv.folder / "installed-before").touch()
    seen.clear()
    make(venv, root)
    assert (root / venv.folder / "installed-before").exists()
    assert seen == [SYNC]


def test_an_environment_of_pip_s_is_made_anew(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    (root / venv.folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (root / "uv.lock").write_text("version = 2\n")
    seen.clear()
    make(venv, root)
    assert [line[0] for line in seen] == ["venv", "sync"]


def test_an_environment_whose_python_is_gone_is_made_anew(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    venvs.python_of(root / venv.folder).unlink()
    assert not venvs.is_current(venv, root=root)
    seen.clear()
    make(venv, root)
    assert seen[0][0] == "venv"


def test_torch_comes_after_what_the_lock_has_and_the_command_last(root, monkeypatch):
    seen, asked = fake_make(monkeypatch), {}

    def choose(**options: object) -> torch_build.TorchBuild:
        asked.update(options)
        return torch_build.TorchBuild(["torch==1.2.3+cpu"])

    monkeypatch.setattr(torch_build, "choose", choose)
    monkeypatch.setattr(venvs, "_project_table", lambda root: "")
    make(Venv(".venv-x", "x", "some", disk_gb=0.01, torch=True, cpu_only=True, editable=True), root)
    assert (asked["folder"], asked["cpu_only"]) == (root / ".venv-x", True)
    assert [(line[0], line[-1]) for line in seen[1:]] == [
        ("sync", "some"),
        ("--directory", "torch==1.2.3+cpu"),
        ("pip", str(root)),
    ]


def test_a_mirror_gets_the_exported_lock_with_its_hashes(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root, settings=uv.Settings(mirror="https://mirror.example/simple"))
    file = str(root / ".venv-x" / "requirements.txt")
    assert seen[1] == ["export", "--quiet", "--frozen", "--only-group", "some", "--output-file", file]
    assert seen[2][:5] == ["pip", "sync", "--require-hashes", "--default-index", "https://mirror.example/simple"]
    assert seen[2][-1] == file
