"""The packages that a training job installs: the wheels of model_code/training/requirements.lock, by pip.

pip takes them from the index that it is configured for, and refuses a wheel without one of the lock's hashes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contracts.deployment import mirror
from ops.errors import UNREACHABLE, USAGE, OpsError
from ops.mirror.transfers import Transfers

LOCK = Path("model_code") / "training" / "requirements.lock"
_AT_ONCE = 4  # a pip mostly starts, and waits
# Of the images, and older ones that they take as well (PEP 600), as tools/training_lock.py has them.
_GLIBC = ("2_34", "2_28", "2_27", "2_17")
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})+)$")


@dataclass(frozen=True)
class _Package:
    """A line of the lock. hashes: SHA-256 of its wheels, for several Pythons."""

    name: str
    version: str
    hashes: frozenset[str]

    @property
    def line(self) -> str:
        """The requirement as pip reads it."""
        return f"{self.name}=={self.version} " + " ".join(f"--hash=sha256:{each}" for each in sorted(self.hashes))


class Wheels:
    """The wheels of a lock. python: for which one, such as 3.12; None if that is not known, which a download needs.

    Raises OpsError for a lock of another form.
    """

    what = "the packages that training jobs install"

    def __init__(self, lock: Path, *, python: str | None) -> None:
        self.prefix = mirror.wheels(mirror.digest_of(lock))
        self._python = python
        self._packages = _packages(lock)

    def lacking(self, digests: Mapping[str, str]) -> str:
        """The packages without a wheel, in a clause; "" if there are none."""
        present = set(digests.values())
        without = [f"{each.name} {each.version}" for each in self._packages if not each.hashes & present]
        if not without:
            return ""
        more = f" and {len(without) - 3} more" if len(without) > 3 else ""
        return f"there is no wheel of {', '.join(without[:3])}{more}"

    def download(self, folder: Path, transfers: Transfers) -> list[Path]:
        """Bring the wheels into a folder. Raises OpsError."""
        if self._python is None:
            raise OpsError("training.image is your own: say which Python it has, such as --python 3.12", status=USAGE)
        folder.mkdir(parents=True, exist_ok=True)
        there = {mirror.digest_of(wheel): wheel for wheel in folder.glob("*.whl")}
        missing = [package for package in self._packages if not package.hashes & there.keys()]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for work in [pool.submit(_fetch, each, folder, self._python, transfers) for each in missing]:
                work.result()
        there |= {mirror.digest_of(wheel): wheel for wheel in folder.glob("*.whl") if wheel not in there.values()}
        return sorted(there[digest] for each in self._packages for digest in each.hashes & there.keys())


def _fetch(package: _Package, folder: Path, python: str, transfers: Transfers) -> None:
    """Download a package's wheel by a pip of its own, so that what is there stays there."""
    shown = transfers.file("downloading", f"{package.name} {package.version}", size=None)
    with tempfile.TemporaryDirectory() as temporary, shown:
        requirement = Path(temporary) / "requirement.txt"
        requirement.write_text(f"{package.line}\n", encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"),
            *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)),
            *_tags(python),
            *("--requirement", str(requirement)),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PIP_NO_COLOR": "1"},
        )
    if done.returncode:
        said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        reason = (said or done.stderr.strip().splitlines() or ["no output"])[-1]
        raise OpsError(
            f"pip cannot download {package.name} {package.version} for Python {python}: {reason}",
            status=UNREACHABLE,
        )


def _tags(python: str) -> list[str]:
    """pip's options for the wheels of a Python on Linux on x86-64."""
    abis = ("cp" + python.replace(".", ""), "abi3", "none")
    platforms = (*(f"manylinux_{glibc}_x86_64" for glibc in _GLIBC), "manylinux2014_x86_64", "any")
    options = ["--implementation", "cp", "--python-version", python]
    options += [part for abi in abis for part in ("--abi", abi)]
    return options + [part for platform in platforms for part in ("--platform", platform)]


def _packages(lock: Path) -> list[_Package]:
    text = re.sub(r"\\\n", " ", lock.read_text("utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "-"))]
    found = []
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match is None:
            raise OpsError(
                f"{lock}: {line.split()[0]} has no exact version with hashes: run `python -m tools.training_lock`"
            )
        found.append(_Package(match[1], match[2], frozenset(re.findall(r"[0-9a-f]{64}", match[3]))))
    return found
