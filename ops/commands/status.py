"""`rubric status`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.deployment.cloud import Cloud
from ops.errors import FAILED
from ops.monitoring.status import State, read
from ops.monitoring.wakes import Sleep
from ops.terminal import screen


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with status 1 unless everything is healthy.")] = False,
) -> None:
    """Show what is deployed and its state: stacks, endpoint, model in use, ringing alarms.

    \b
    rubric status
    rubric --env prod status --check     # for scripts and cron
    """
    cloud: Cloud = context.obj
    now = read(cloud)
    if as_json:
        screen.print_json(now.as_dict())
    else:
        _print(now)
    if check and not now.healthy:
        raise typer.Exit(FAILED)


def _asleep(sleep: Sleep) -> str:
    copies = f", {sleep.copies} cop{'y' if sleep.copies == 1 else 'ies'}" if sleep.copies else ""
    last = ", ".join(f"{seconds:.0f} s" for seconds in sleep.wakes)
    known = f"the last wakes took {last}" if last else f"no wake was measured yet; about {sleep.expected_seconds} s"
    return f"Sleep     {sleep.state}{copies}; {known}"


def _trained(now: State) -> list[str]:
    """The lines on the endpoint and on the approved model."""
    figures = f": accuracy {screen.figure(now.accuracy)}, macro F1 {screen.figure(now.macro_f1)}"
    return [
        f"Endpoint  {now.endpoint or '-'}: {now.endpoint_status} {now.endpoint_failure}".rstrip(),
        *([] if now.sleep is None else [_asleep(now.sleep)]),
        f"Model     {now.model_version + figures if now.model_version else 'none approved yet'}",
    ]


def _print(now: State) -> None:
    screen.table(
        "Stack", "Status", "Changed", rows=[[row["name"], row["status"], row["changed"]] for row in now.stacks]
    )
    lines = [
        "",
        f"API       {now.api_url or 'not deployed'}",
        *(_trained(now) if now.trained else [f"Model     {now.bedrock_model}, by Amazon Bedrock"]),
        *(
            [
                f"Serving   {now.serving_version}, not the approved model: a rollout is under way, or one was "
                "stopped and will be settled within minutes"
            ]
            if now.differs
            else []
        ),
        f"Alarms    {'none ringing' if not now.alarms else f'{len(now.alarms)} ringing'}",
        *(f"  {alarm.name}: {alarm.reason} (rubric runbook {alarm.runbook})" for alarm in now.alarms),
    ]
    for line in lines:
        screen.out.print(line, highlight=False, markup=False)
