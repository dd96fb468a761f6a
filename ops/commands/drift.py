"""`rubric drift`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.logs import drift_report
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, NOT_FOUND, USAGE, OpsError
from ops.models import registry
from ops.monitoring import drift as reports
from ops.monitoring import drift_page, drift_view
from ops.terminal import files, screen


def drift(
    context: typer.Context,
    version: Annotated[
        str | None, typer.Argument(help="A training job's name; by default the model in use.", show_default=False)
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="Look first, instead of waiting for the schedule.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the report as a page with plots.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with status 1 if there is drift.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show whether texts and answers have moved away from those that the model was judged on.

    A look counts the request log on a schedule (`drift.schedule_minutes`); a request is counted once it is
    `drift.settle_seconds` old.

    \b
    rubric drift
    rubric drift --now
    rubric drift --html drift.html
    rubric --env prod drift --check     # for scripts and cron
    """
    cloud: Cloud = context.obj
    if html and as_json:
        raise OpsError("--html and --json cannot be combined", status=USAGE)
    writer = files.Writer([files.named(html, option="--html")], force=force) if html else None
    if now:
        reports.look(cloud, show=screen.say)
    wanted = version or registry.approved_version(cloud)
    if not wanted:
        raise OpsError("No model has been approved yet", status=NOT_FOUND)
    report = reports.report(cloud, wanted)
    if html and writer:
        writer.write(html, drift_page.page(report).encode())
        screen.say(f"Drift report of {wanted}: {html.resolve()}")
    elif as_json:
        screen.print_json(report)
    else:
        drift_view.show(report)
    if check and report["status"] == drift_report.DRIFT:
        raise typer.Exit(FAILED)
