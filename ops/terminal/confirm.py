"""Confirmation before an action that costs money or cannot be undone."""

from __future__ import annotations

import sys

import typer

from ops.errors import USAGE, OpsError
from ops.terminal import screen


def confirm(warning: str, *, yes: bool) -> None:
    """Print the warning and continue only with consent: `yes`, or the user's answer.

    Raises OpsError if there is no terminal to ask on.
    """
    screen.say(warning)
    if yes:
        return
    if not sys.stdin.isatty():
        raise OpsError("Confirmation needed, but this is not a terminal: add --yes to continue", status=USAGE)
    typer.confirm("Continue?", abort=True, err=True)
