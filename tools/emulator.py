#!/usr/bin/env python3
"""The x86 emulator for tests on other processors: `python -m tools.emulator` finds QEMU or fetches it.

It needs no root: the Debian package's one program is unpacked into the user's cache.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.common.attempt import attempt

VARIABLE = "RUBRIC_QEMU"
ON_PATH = ("qemu-x86_64", "qemu-x86_64-static")
PACKAGE = "qemu-user-static"  # has no libraries of its own, so it runs from any folder
PROGRAM = "usr/bin/qemu-x86_64-static"
SECONDS = 300
X86 = ("x86_64", "amd64")


class EmulatorError(Exception):
    """No emulator exists and none could be fetched; the message explains what to do."""


def cached() -> Path:
    """Where the fetched program is kept, for all clones of this user."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "rubric" / Path(PROGRAM).name


def find() -> str | None:
    """The path of an emulator: from the variable, on the PATH, or fetched earlier; None without one."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if not shutil.which(chosen):
            raise EmulatorError(f"{VARIABLE} names {chosen}, which is not a program: correct it or unset it")
        return shutil.which(chosen)
    for name in (*ON_PATH, str(cached())):
        if path := shutil.which(name):
            return path
    return None


def find_or_install() -> str:
    """Like find, but fetches one if there is none. Raises EmulatorError."""
    if platform.machine().lower() not in X86:
        raise EmulatorError("the libraries that it would run are for x86-64, which this machine is not")
    if path := find():
        return path
    with TemporaryDirectory() as work:
        if why := _fetch(Path(work)):
            raise EmulatorError(
                f"no qemu-x86_64 was found and none could be fetched ({why}): install one (Debian: apt-get install "
                f"{PACKAGE}) or name its path in {VARIABLE}"
            )
    return str(cached())


def _fetch(work: Path) -> str:
    """Puts the package's program into the cache; why it could not, in a line, or ""."""
    apt, unpack = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if not apt or not unpack:
        return "this is not Debian or Ubuntu"
    download = [apt, "download", "-qq", PACKAGE]
    # apt checks the package against Debian's signed list, which only root can bring up to date.
    why = _run(download, work)
    if why and os.geteuid() == 0:
        why = _run([apt, "update", "-qq"], work) or _run(download, work)
    packages = list(work.glob("*.deb"))
    if not packages:
        return why or "apt-get download brought nothing"
    why = _run([unpack, "--extract", str(packages[0]), "unpacked"], work)
    program = work / "unpacked" / PROGRAM
    if not program.is_file():
        return why or f"{packages[0].name} has no {PROGRAM}"
    cached().parent.mkdir(parents=True, exist_ok=True)
    partial = cached().with_name(f"{cached().name}.{os.getpid()}.partial")
    shutil.copy2(program, partial)
    partial.replace(cached())
    return ""


def _run(command: list[str], work: Path) -> str:
    return attempt(command, who="emulator", seconds=SECONDS, cwd=work)


def main(argv: list[str] | None = None) -> int:
    """The command; returns 0 when there is one."""
    argparse.ArgumentParser(prog="emulator", description="Find qemu-x86_64, or fetch it.").parse_args(argv)
    try:
        print(find_or_install())
    except EmulatorError as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
