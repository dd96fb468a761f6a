"""`make delivery-changes`: what the assembly would change in an environment, for a person who reviews it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.delivery import cdk
from tools.delivery.cdk import ROOT
from tools.delivery.delivery import Delivery, summarise
from tools.delivery.errors import USAGE, DeliveryError

FILE = "changes.json"
# Nothing changes, something does, a permission widens; anything else is an error (`rubric stacks changes --help`).
_FOUND = (0, 10, 11)


def show(delivery: Delivery) -> str:
    """The changes as Markdown; what was found is kept for the pull request's comment. Raises DeliveryError."""
    file = delivery.work / FILE
    assembly = ("--assembly", str(delivery.build / "assembly"))
    file.write_text(_rubric("--env", delivery.env, "stacks", "changes", *assembly, "--json"), encoding="utf-8")
    text = markdown([file])
    summarise(text)
    return text


def all_of(folder: Path) -> str:
    """What was found in every environment, as one comment. Raises DeliveryError if nothing was looked at."""
    files = sorted(folder.glob(f"*/{FILE}"))
    if not files:
        raise DeliveryError("There are no changes to show: make delivery-changes writes them", status=USAGE)
    return markdown(files)


def markdown(files: Sequence[Path]) -> str:
    """What was found, of one environment or several, as a comment."""
    return _rubric("stacks", "changes", "--markdown", *(word for file in files for word in ("--report", str(file))))


def _rubric(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=ROOT,
        env=cdk.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in _FOUND:
        raise DeliveryError("The changes could not be read; the error is above")
    return done.stdout
