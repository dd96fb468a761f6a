"""Asking before something costs money or cannot be taken back."""

from __future__ import annotations

import sys

import typer

from ops.errors import USAGE, OpsError
from ops.terminal import screen


def confirm(warning: str, *, yes: bool) -> None:
    """Say what it costs or does and go on only with consent: `yes`, or a person's word.

    Raises OpsError where nobody can be asked.
    """
    screen.say(warning)
    if yes:
        return
    if not sys.stdin.isatty():
        raise OpsError("Confirmation needed, but this is not a terminal. Add --yes to continue.", status=USAGE)
    typer.confirm("Go on?", abort=True, err=True)
