"""`make delivery-changes`: what the assembly would change in an environment, for a person who reviews it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from tools.delivery import cdk
from tools.delivery.cdk import ROOT
from tools.delivery.delivery import Delivery, summarise
from tools.delivery.errors import DeliveryError

FILE = "changes.md"


def show(delivery: Delivery) -> str:
    """The changes as Markdown, which is also kept for the pull request's comment. Raises DeliveryError."""
    assembly = cdk.copied(delivery.build / "assembly", delivery.work / "assembly")
    text = _changes(delivery, assembly)
    (delivery.work / FILE).write_text(text, encoding="utf-8")
    summarise(text)
    return text


def _changes(delivery: Delivery, assembly: Path) -> str:
    if importlib.util.find_spec("ops.commands.stacks"):
        command = [sys.executable, "-m", "ops", "--env", delivery.env, "stacks", "changes"]
        return _output([*command, "--assembly", str(assembly), "--markdown"], cwd=ROOT)
    names = [stack.name for stack in delivery.stacks]
    command = [str(ROOT / "node_modules/.bin/cdk"), "diff", *names, "--exclusively", "--app", str(assembly), "--ci"]
    # Comparing templates takes the role that may only read.
    shown = _output([*command, "--method", "template", "--no-color", "--no-notices"], cwd=assembly.parent)
    return f"### Changes of `{delivery.name}`\n\n```\n{shown.strip()}\n```\n"


def _output(command: list[str], *, cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=cdk.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeliveryError("The changes could not be read; the error is above")
    return done.stdout
