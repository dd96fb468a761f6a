"""`rubric history`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.history import reading
from ops.history.event import KINDS, moment
from ops.terminal import screen


def history(
    context: typer.Context,
    since: Annotated[
        str, typer.Option(metavar="DAYS|DATE", help="From when: 30d, 2026-11-20, or `ever`.", show_default=True)
    ] = "30d",
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only these kinds; may be repeated: {', '.join(KINDS)}."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """Show what has happened, in order, with who or what caused it: dataset versions, training runs, the gate's
    verdicts, approvals, tests, promotions, rollbacks, alarms, and decisions to train again or not.

    \b
    rubric history
    rubric history --since 7d --kind promotion --kind rollback --kind alarm
    rubric --env prod history --since ever --json
    """
    cloud: Cloud = context.obj
    kinds = tuple(kind or KINDS)
    for each in kinds:
        if each not in KINDS:
            raise OpsError(f"--kind {each!r}: use one of {', '.join(KINDS)}", status=USAGE)
    events = reading.read(cloud, kinds=kinds, since=_moment(since))
    if as_json:
        screen.print_json([event.document() for event in events])
        return
    if not events:
        screen.say(f"Nothing has happened (--since {since}).")
    else:
        rows = [[f"{event.at:%Y-%m-%d %H:%M:%S}", event.kind, event.what, event.by or "-"] for event in events]
        screen.table("UTC", "Kind", "What", "By", rows=rows, whole=("UTC", "Kind"))
    for note in reading.notes(kinds):
        screen.say(f"Note: {note}.")


def _moment(text: str) -> datetime | None:
    """The time in `--since`; None for `ever`. Raises OpsError for another form."""
    if text == "ever":
        return None
    if days := re.fullmatch(r"(\d{1,4})d", text, re.ASCII):
        return datetime.now(UTC) - timedelta(days=int(days[1]))
    read = moment(text)
    if read is None:
        raise OpsError(f"--since {text!r}: use a number of days (30d), a date (2026-11-20) or ever", status=USAGE)
    return read
