"""`make delivery-changes`: what the assembly would change in an environment, for a person who reviews it."""

from __future__ import annotations

import subprocess
import sys

from tools.delivery import cdk
from tools.delivery.cdk import ROOT
from tools.delivery.delivery import Delivery, summarise
from tools.delivery.errors import DeliveryError

FILE = "changes.md"


def show(delivery: Delivery) -> str:
    """The changes as Markdown, which is also kept for the pull request's comment. Raises DeliveryError."""
    text = _changes(delivery)
    (delivery.work / FILE).write_text(text, encoding="utf-8")
    summarise(text)
    return text


def _changes(delivery: Delivery) -> str:
    assembly = cdk.copied(delivery.build / "assembly", delivery.work / "assembly")
    command = [sys.executable, "-m", "ops", "--env", delivery.env, "stacks", "changes"]
    return _output([*command, "--assembly", str(assembly), "--markdown"])


def _output(command: list[str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=cdk.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeliveryError("The changes could not be read; the error is above")
    return done.stdout
