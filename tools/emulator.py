#!/usr/bin/env python3
"""The emulators for tests on other processors: `python -m tools.emulator [aarch64]` finds QEMU or fetches it.

It needs no root: a program of the Debian package is unpacked into the user's cache.
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

X86_64, AARCH64 = "x86_64", "aarch64"
VARIABLES = {X86_64: "RUBRIC_QEMU", AARCH64: "RUBRIC_QEMU_AARCH64"}
PACKAGE = "qemu-user-static"  # has no libraries of its own, so it runs from any folder
SECONDS = 300
X86 = ("x86_64", "amd64")


class EmulatorError(Exception):
    """No emulator exists and none could be fetched; the message explains what to do."""


def packaged(target: str = X86_64) -> str:
    """The program's place in the package."""
    return f"usr/bin/qemu-{target}-static"


def cached(target: str = X86_64) -> Path:
    """Where the fetched program is kept, for all clones of this user."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "rubric" / Path(packaged(target)).name


def find(target: str = X86_64) -> str | None:
    """The path of an emulator: from the variable, on the PATH, or fetched earlier; None without one."""
    variable = VARIABLES[target]
    chosen = os.environ.get(variable)
    if chosen:
        if not shutil.which(chosen):
            raise EmulatorError(f"{variable} names {chosen}, which is not a program: correct it or unset it")
        return shutil.which(chosen)
    for name in (f"qemu-{target}", f"qemu-{target}-static", str(cached(target))):
        if path := shutil.which(name):
            return path
    return None


def find_or_install(target: str = X86_64) -> str:
    """Like find, but fetches one if there is none. Raises EmulatorError."""
    if target == X86_64 and platform.machine().lower() not in X86:
        raise EmulatorError("the libraries that it would run are for x86-64, which this machine is not")
    if path := find(target):
        return path
    with TemporaryDirectory() as work:
        if why := _fetch(Path(work), target):
            raise EmulatorError(
                f"no qemu-{target} was found and none could be fetched ({why}): install one (Debian: apt-get install "
                f"{PACKAGE}) or name its path in {VARIABLES[target]}"
            )
    return str(cached(target))


def _fetch(work: Path, target: str) -> str:
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
    program = work / "unpacked" / packaged(target)
    if not program.is_file():
        return why or f"{packages[0].name} has no {packaged(target)}"
    kept = cached(target)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f"{kept.name}.{os.getpid()}.partial")
    shutil.copy2(program, partial)
    partial.replace(kept)
    return ""


def _run(command: list[str], work: Path) -> str:
    return attempt(command, who="emulator", seconds=SECONDS, cwd=work)


def main(argv: list[str] | None = None) -> int:
    """The command; returns 0 when there is one."""
    options = argparse.ArgumentParser(prog="emulator", description="Find QEMU's user-mode emulator, or fetch it.")
    options.add_argument("target", nargs="?", choices=sorted(VARIABLES), default=X86_64, help="the processor's kind")
    chosen = options.parse_args(argv)
    try:
        print(find_or_install(chosen.target))
    except EmulatorError as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
