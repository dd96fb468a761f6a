"""Tests tools/emulator.py: which QEMU is used, how it is fetched without root, and the message without one."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import emulator


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A Debian without QEMU, for a user who is not root; returns the commands to run, which `then` may answer."""
    state: dict[str, Any] = {"seen": [], "then": fetched, "bin": tmp_path / "bin"}

    def run(command, *, cwd, **_):
        state["seen"].append([Path(command[0]).name, *command[1:2]])
        code = state["then"](state["seen"][-1], Path(cwd))
        return subprocess.CompletedProcess(command, code, "", "E: no such package\n")

    state["bin"].mkdir()
    for name in ("apt-get", "dpkg-deb"):
        program(state["bin"] / name)
    monkeypatch.setenv("PATH", str(state["bin"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(emulator.VARIABLES["x86_64"], raising=False)
    monkeypatch.setattr(emulator.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(emulator.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(subprocess, "run", run)
    return state


def program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def fetched(command: list[str], work: Path) -> int:
    """apt-get download and dpkg-deb --extract, as they are when all is well."""
    if command[1] == "download":
        (work / "qemu.deb").touch()
    elif command[0] == "dpkg-deb":
        for target in emulator.VARIABLES:
            program(work / "unpacked" / emulator.packaged(target))
    return 0


def test_the_variable_comes_first_and_must_name_a_program(machine, monkeypatch, tmp_path):
    program(machine["bin"] / "qemu-x86_64")
    monkeypatch.setenv(emulator.VARIABLES["x86_64"], program(tmp_path / "mine"))
    assert emulator.find_or_install() == str(tmp_path / "mine")
    monkeypatch.setenv(emulator.VARIABLES["x86_64"], str(tmp_path / "none"))
    with pytest.raises(emulator.EmulatorError, match="which is not a program: correct it or unset it"):
        emulator.find_or_install()


def test_one_that_is_there_is_taken(machine):
    path = program(machine["bin"] / "qemu-x86_64")
    assert emulator.find_or_install() == path
    assert machine["seen"] == []


def test_it_is_fetched_once_without_root(machine, capsys):
    assert emulator.main([]) == 0
    assert capsys.readouterr().out.strip() == str(emulator.cached())
    assert machine["seen"] == [["apt-get", "download"], ["dpkg-deb", "--extract"]]
    assert list(emulator.cached().parent.iterdir()) == [emulator.cached()]
    assert emulator.find_or_install() == str(emulator.cached())
    assert len(machine["seen"]) == 2


def test_root_brings_the_list_of_packages_up_to_date(machine, monkeypatch):
    tries = iter([100, 0, 0, 0])
    monkeypatch.setattr(emulator.os, "geteuid", lambda: 0)
    machine["then"] = lambda command, work: next(tries) or fetched(command, work)
    assert emulator.find_or_install() == str(emulator.cached())
    assert [command[1] for command in machine["seen"]] == ["download", "update", "download", "--extract"]


def test_without_one_a_line_says_what_to_do(machine, capsys):
    machine["then"] = lambda command, work: 100
    assert emulator.main([]) == 1
    assert "(E: no such package): install one (Debian: apt-get install qemu-user-static)" in capsys.readouterr().err
    (machine["bin"] / "apt-get").unlink()
    with pytest.raises(emulator.EmulatorError, match="this is not Debian or Ubuntu"):
        emulator.find_or_install()


def test_a_machine_of_another_kind_has_no_use_for_it(machine, monkeypatch):
    monkeypatch.setattr(emulator.platform, "machine", lambda: "aarch64")
    with pytest.raises(emulator.EmulatorError, match="for x86-64, which this machine is not"):
        emulator.find_or_install()


def test_the_other_processor_s_is_a_program_of_the_same_package(machine, monkeypatch):
    monkeypatch.setattr(emulator.platform, "machine", lambda: "aarch64")
    assert emulator.find_or_install(emulator.AARCH64) == str(emulator.cached(emulator.AARCH64))
    assert emulator.cached(emulator.AARCH64) != emulator.cached()
