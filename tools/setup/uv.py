"""uv, which creates the environments: pinned, with its hashes, and with this machine's pip settings."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tools.setup import stamps
from tools.setup.commands import Runner

FOLDER = ".venv-uv"
REQUIREMENTS = "tools/setup/uv-requirements.txt"
PYPI = ("pypi.org", "pypi.python.org")
# pip's settings that name sources of packages -> uv's options.
SOURCES = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links"}


@dataclass(frozen=True)
class Settings:
    """This machine's pip settings. `sources` are uv's options for the places that packages come from.

    mirror: the URL of the index that stands in for PyPI, or none; uv.lock has PyPI's URLs, which are then not for us.
    certificates: the file with the authorities that are trusted, or none.
    """

    sources: tuple[str, ...] = ()
    mirror: str = ""
    certificates: str = ""

    @property
    def links(self) -> tuple[str, ...]:
        """Those of `sources` that are only folders or pages of files, and need no index."""
        pairs = zip(self.sources[::2], self.sources[1::2], strict=True)
        links = [part for option, value in pairs if option == "--find-links" for part in (option, value)]
        return ("--no-index", *links) if links else ()


@dataclass(frozen=True)
class Uv:
    """uv as it runs for the clone at `root`."""

    root: Path
    settings: Settings = field(default_factory=Settings)

    @property
    def program(self) -> Path:
        """The command."""
        return self.root / FOLDER / "bin" / "uv"

    def environ(self, folder: Path) -> dict[str, str]:
        """uv's environment variables for work on the environment in `folder`."""
        own = {
            "UV_PROJECT_ENVIRONMENT": str(folder),
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "VIRTUAL_ENV": "",
            "PYTHONNOUSERSITE": "1",
        }
        return {**own, "SSL_CERT_FILE": self.settings.certificates} if self.settings.certificates else own


def _digest(root: Path) -> str:
    return stamps.digest([root / REQUIREMENTS], also=[str(Path(sys.executable).resolve())])


def is_current(*, root: Path) -> bool:
    """Whether the pinned uv is there."""
    stamp = stamps.read(root / FOLDER)
    return stamp.get("digest") == _digest(root) and Uv(root).program.exists()


def make(*, root: Path, runner: Runner) -> None:
    """Install uv into its own environment, with Python's bundled pip; its hash is checked."""
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    runner.run([sys.executable, "-m", "venv", folder], what=f"creating {FOLDER}")
    command: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["install", "--no-compile", "--no-deps", "--require-hashes"]
    command += ["-r", root / REQUIREMENTS]
    runner.run(command, what="installing uv", env={"PIP_USER": "0", "PYTHONNOUSERSITE": "1"})
    stamps.write(folder, state=stamps.COMPLETE, digest=_digest(root))


def pip_settings(listing: str) -> Settings:
    """The settings in the output of `pip config list`: variables before files, `install`'s before global ones."""
    by_rank: dict[str, dict[int, str]] = {}
    for line in listing.splitlines():
        name, _, literal = line.partition("=")
        section, _, key = name.rpartition(".")
        rank = {":env:": 0, "install": 1, "global": 2}.get(section)
        if rank is not None and literal:
            by_rank.setdefault(key, {})[rank] = str(ast.literal_eval(literal))
    best = {key: values[min(values)] for key, values in by_rank.items()}
    options = [
        part for key, option in SOURCES.items() for value in best.get(key, "").split() for part in (option, value)
    ]
    index = best.get("index-url", "")
    is_mirror = bool(index) and urlsplit(index).hostname not in PYPI
    return Settings(tuple(options), index if is_mirror else "", best.get("cert", ""))


def ready(*, root: Path) -> Uv:
    """The installed uv with this machine's settings."""
    command = [str(root / FOLDER / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return Uv(root, pip_settings(listing.stdout))
