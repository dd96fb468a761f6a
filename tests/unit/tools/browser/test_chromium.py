"""Tests which Chromium is used, how one is installed, and the message without one."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.browser import chromium


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine without a Chromium; the commands that would run, each of which `then` may answer."""
    seen: list[list[str]] = []
    state: dict[str, Any] = {"seen": seen, "then": lambda command: 0, "bin": tmp_path}

    def run(command, **_):
        seen.append([Path(command[0]).name, *command[1:]])
        return subprocess.CompletedProcess(command, state["then"](command), "", "E: no such package\n")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setattr(chromium, "_of_playwright", lambda: None)
    monkeypatch.setattr(chromium, "_cdn_answers", lambda: False)
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 0)
    monkeypatch.setattr(chromium.subprocess, "run", run)
    return state


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_variable_comes_first_and_must_name_a_program(machine, monkeypatch):
    program(machine["bin"], "chromium")
    own = program(machine["bin"], "mine")
    monkeypatch.setenv(chromium.VARIABLE, own)
    assert chromium.find_or_install() == own
    monkeypatch.setenv(chromium.VARIABLE, "/nowhere")
    with pytest.raises(chromium.BrowserError, match=r"names /nowhere, which is not a program"):
        chromium.find_or_install()


def test_one_on_the_path_is_taken_and_nothing_is_installed(machine):
    own = program(machine["bin"], "google-chrome")
    assert chromium.find_or_install() == own
    assert machine["seen"] == []


def test_without_playwrights_downloads_root_installs_debians(machine):
    program(machine["bin"], "apt-get")

    def then(command):
        if "install" in command:
            program(machine["bin"], "chromium")
        return 0

    machine["then"] = then
    assert chromium.find_or_install() == str(machine["bin"] / "chromium")
    assert [line[1] for line in machine["seen"]] == ["update", "install"]


def test_playwrights_own_is_tried_first_where_it_can_be_had(machine, monkeypatch):
    program(machine["bin"], "apt-get")
    monkeypatch.setattr(chromium, "_cdn_answers", lambda: True)
    machine["then"] = lambda command: program(machine["bin"], "chromium") and 0
    chromium.find_or_install()
    [command] = machine["seen"]
    assert command[1:] == ["-m", "playwright", "install", "--with-deps", "chromium"]


def test_what_cannot_be_installed_is_one_line(machine, monkeypatch, capsys):
    program(machine["bin"], "apt-get")
    machine["then"] = lambda command: 100
    assert chromium.main(["--quiet"]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("browser: no Chromium was found and none could be installed (apt-get: E: no such package)")
    assert chromium.VARIABLE in last
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 1000)
    assert chromium.main([]) == 1
    assert "only root may install packages" in capsys.readouterr().err


def test_one_that_does_not_start_is_said(machine, capsys):
    path = program(machine["bin"], "chromium")
    machine["then"] = lambda command: 127
    assert chromium.main([]) == 1
    assert f"{path} does not start" in capsys.readouterr().err
