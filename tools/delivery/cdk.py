"""The pinned CDK CLI on a copy of the assembly: it writes a cache beside the assets that it packs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.delivery.errors import USAGE, DeliveryError

ROOT = Path(__file__).resolve().parents[2]
# What `make` hands to its commands, and a nested `make` would take for its own.
_OF_MAKE = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


def environment() -> dict[str, str]:
    """The environment of the CLI's process: this one's, with the pinned programs first on PATH."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    path = os.pathsep.join([str(ROOT / ".venv/bin"), str(ROOT / "node_modules/.bin"), kept.get("PATH", os.defpath)])
    quiet = {"CDK_DISABLE_CLI_TELEMETRY": "true", "NO_COLOR": "1"}
    return {**kept, **quiet, "PATH": path}


def run(arguments: Sequence[str], *, cwd: Path = ROOT) -> int:
    """The CLI's exit status; its output goes to standard error, where it disturbs no program."""
    program = ROOT / "node_modules/.bin/cdk"
    if not program.exists():
        raise DeliveryError(f"The pinned CDK CLI, {program}, is missing: make setup installs it", status=USAGE)
    sys.stderr.flush()
    done = subprocess.run(
        [str(program), *arguments, "--no-color", "--no-notices"],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        check=False,
    )
    return done.returncode


@dataclass(frozen=True)
class Deployer:
    """Deploys stacks of the assembly in `folder`; `change_set` is the name of every change set that it makes."""

    folder: Path
    change_set: str

    def prepare(self, stacks: Sequence[str]) -> int:
        """Make the stacks' change sets, and publish their assets."""
        return self._deploy([*stacks, "--method", "prepare-change-set", "--concurrency", "4"])

    def publish(self, stacks: Sequence[str]) -> int:
        """Publish the stacks' assets, and deploy nothing."""
        if not stacks:
            return 0
        unstable = "--unstable=publish-assets"
        return run(
            ["publish-assets", *stacks, "--exclusively", unstable, "--app", str(self.folder)], cwd=self.folder.parent
        )

    def execute(self, stack: str, change_set: str) -> int:
        """Execute one prepared change set, by its ARN: another of the same name is not it."""
        return self._deploy([stack, "--method", "execute-change-set"], change_set=change_set)

    def deploy(self, stacks: Sequence[str]) -> int:
        """Make and execute the stacks' change sets, each once those before it are there."""
        return self._deploy([*stacks, "--method", "change-set", "--concurrency", "4"])

    def _deploy(self, arguments: Sequence[str], *, change_set: str = "") -> int:
        """Asks nobody: a person has approved the run."""
        unasked = ("--exclusively", "--require-approval", "never", "--progress", "events")
        name = change_set or self.change_set
        return run(
            ["deploy", *arguments, "--app", str(self.folder), "--change-set-name", name, *unasked],
            cwd=self.folder.parent,  # outside the app: its cdk.json would be built first
        )


def copied(assembly: Path, to: Path) -> Path:
    """A fresh copy of the assembly, by links where the file system has them."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(assembly, to, copy_function=_link)
    return to


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
