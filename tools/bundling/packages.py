"""Third-party packages for Lambdas and containers: pinned, hashed, and always laid out the same way."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bundling import archive
from tools.bundling.errors import BundleError

# pip's options that a lock file carries itself, for who can give none.
LOCK_OPTIONS = ("--require-hashes", "--only-binary :all:")
# Files that pip adds and that may differ between machines.
PIPS_OWN = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
PURE_PYTHON = ["--implementation", "py", "--abi", "none", "--platform", "any", "--python-version", "3.13"]
# Lambda's runtime python3.13 on Arm: Amazon Linux 2023, whose glibc is 2.34.
LAMBDA = [
    *("--implementation", "cp", "--python-version", "3.13", "--abi", "cp313", "--abi", "abi3", "--abi", "none"),
    *("--platform", "manylinux_2_28_aarch64", "--platform", "manylinux_2_17_aarch64"),
    *("--platform", "manylinux2014_aarch64", "--platform", "any"),
]
SERVING_IMAGE = [
    *("--implementation", "cp", "--python-version", "3.12"),
    *("--abi", "cp312", "--abi", "abi3", "--abi", "none"),
    *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_27_x86_64"),
    *("--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64", "--platform", "any"),
]


def requirement_lines(file: Path) -> list[str]:
    """The requirements in `file`, one string each with its hashes; BundleError unless all are pinned and hashed."""
    if not file.is_file():
        raise BundleError(f"{file}: not found")
    text = re.sub(r"\\\n", " ", file.read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in lines:
        if line in LOCK_OPTIONS:
            continue
        if not re.match(r"^[\w.\[\]-]+==\S+", line) or "--hash=sha256:" not in line:
            raise BundleError(f"{file}: {line.split()[0]!r} needs an exact version and a --hash=sha256:...")
    return lines


def check_lock(lock: Path, *, of: Path) -> None:
    """BundleError unless the lock has hashes alone, asks pip for them and has every requirement of the file `of`."""
    lines = requirement_lines(lock)
    if not set(LOCK_OPTIONS) <= set(lines):
        raise BundleError(f"{lock}: it has to say {' and '.join(LOCK_OPTIONS)}: run `python -m tools.training_lock`")
    locked = {line.split()[0].lower().replace("_", "-") for line in lines}
    wanted = [line.partition("#")[0].strip() for line in of.read_text().splitlines()]
    stale = [line for line in wanted if line and line.lower().replace("_", "-") not in locked]
    if stale:
        raise BundleError(f"{lock}: it lacks {stale[0]} of {of.name}: run `python -m tools.training_lock`")


def _run_pip(requirements: Path, target: Path, platform: Sequence[str]) -> None:
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"),
        *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile", "--no-warn-script-location"),
        *("--target", str(target), *platform, "--requirement", str(requirements)),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PIP_USER": "0"},
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        last = (errors or done.stderr.strip().splitlines() or ["no output"])[0 if errors else -1]
        raise BundleError(f"{requirements}: pip cannot install it: {last.removeprefix('ERROR: ')}")


def _tidy(folder: Path) -> None:
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for file in sorted(folder.rglob("*")):
        if file.parent.name.endswith(".dist-info") and file.name in PIPS_OWN:
            file.unlink()
        elif file.name == "__pycache__" and file.is_dir():
            shutil.rmtree(file)


def installed(requirements: Path, *, platform: Sequence[str], cache: Path, as_is: bool = False) -> Path:
    """A folder with the packages of `requirements` for `platform` (pip's options), made once and kept under `cache`.

    as_is: leave the files as pip lays them out, programs executable; for tools of the build, not for assets.
    """
    lines = requirement_lines(requirements)
    digest = hashlib.sha256("\n".join([*lines, *platform, "as is" if as_is else "1"]).encode()).hexdigest()[:16]
    folder = cache / f"packages-{digest}"
    if not folder.is_dir():
        partial = cache / f"{folder.name}.{os.getpid()}.partial"
        partial.mkdir(parents=True)
        try:
            if lines:
                _run_pip(requirements, partial, platform)
            if not as_is:
                _tidy(partial)
                archive.make_uniform(partial)
            partial.replace(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
