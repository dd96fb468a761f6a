"""Tests which environments are set up, and the messages of failures."""

import shutil
from pathlib import Path

import pytest

from tools.setup import main, torch_build, uv, venvs
from tools.setup.commands import SetupError
from tools.setup.venvs import Venv

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        ([], ["app", "model", "aws"]),
        (["all"], ["app", "model", "aws"]),
        (["notebooks"], ["notebooks"]),
        (["all", "notebooks"], ["app", "model", "aws", "notebooks"]),
        (["aws"], ["aws"]),
        (["huggingface"], ["huggingface"]),
        (["bench", "model"], ["model", "huggingface", "bench"]),
    ],
)
def test_some_are_set_up_on_demand_and_bench_with_what_it_starts(names, groups):
    assert venvs.chosen(names) == groups


def test_nothing_to_do_takes_no_lock(root, monkeypatch):
    monkeypatch.setattr(main, "pending", lambda groups, root: [])
    monkeypatch.setattr(uv, "is_current", lambda root: True)
    assert main.set_up(["app"], root=root) is False
    assert list(root.glob(".setup.lock")) == []


def test_a_missing_uv_is_brought_back_to_environments_that_are_up_to_date(root, monkeypatch):
    monkeypatch.setattr(main, "pending", lambda groups, root: [])
    monkeypatch.setattr(uv, "is_current", lambda root: False)
    seen: list[list[str]] = []
    monkeypatch.setattr(main, "bring_up_to_date", lambda stale, **_: seen.append(stale))
    assert main.set_up(["app"], root=root) is True
    assert seen == [[]]


def test_too_little_disk_is_one_line(root, monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1.2e9})())
    with pytest.raises(
        SetupError, match=r"only 1\.2 GB of disk are free at .* about 4\.\d GB are needed: free some space"
    ):
        main.check_disk(["app", "model", "aws"], root=root)


def test_a_failure_ends_the_setup_in_one_line(root, monkeypatch, capsys):
    made: list[str] = []

    def fail(venv: Venv, **_: object) -> None:
        made.append(venv.folder)
        raise SetupError("setting up .venv-model failed: the disk is full: free some space")

    monkeypatch.setattr(venvs, "make", fail)
    monkeypatch.setattr(uv, "is_current", lambda root: True)
    monkeypatch.setattr(uv, "ready", uv.Uv)
    monkeypatch.setattr(main, "ROOT", root)
    assert main.main(["model", "aws"]) == 1
    assert made == [".venv-model"]
    assert capsys.readouterr().err.splitlines()[-1] == (
        "setup: setting up .venv-model failed: the disk is full: free some space"
    )
