"""`rubric load`."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from contracts.limits import MAX_TEXTS
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, USAGE, OpsError
from ops.load import cost, findings, locust_process, report, steps, target, texts
from ops.load.locust_process import Outcome
from ops.load.plan import WEB_HOST, Plan
from ops.load.target import Target
from ops.terminal import files, screen
from ops.terminal.confirm import confirm
from ops.terminal.progress_views import stages

SHORTEST_STEP = 2.0  # seconds; Locust looks about once a second
UNITS = {"s": 1, "m": 60, "h": 3600}


class Aim(StrEnum):
    """What the load goes to."""

    API = "api"
    ENDPOINT = "endpoint"


def load(
    context: typer.Context,
    aim: Annotated[
        Aim, typer.Option("--target", help="The HTTP API with a key, or the SageMaker endpoint behind it.")
    ] = Aim.API,
    users: Annotated[
        int, typer.Option(min=1, max=10_000, help="At most this many users, which ask without a pause.")
    ] = 50,
    ramp: Annotated[
        bool, typer.Option("--ramp/--steady", help="From one user to saturation, or all users from the beginning.")
    ] = True,
    duration: Annotated[str, typer.Option(metavar="TIME", help="At most this long, such as 90s, 2m or 1h.")] = "2m",
    p95_ms: Annotated[
        float, typer.Option(min=1, help="95 of 100 requests must be answered within this many milliseconds.")
    ] = 500.0,
    texts_per_request: Annotated[int, typer.Option("--texts", min=1, max=MAX_TEXTS, help="Texts in each request.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Send its lines instead of generated headlines.", show_default=False),
    ] = None,
    key: Annotated[
        str,
        typer.Option(envvar="RUBRIC_API_KEY", help="API key; without it one is made for this run.", show_default=False),
    ] = "",
    html: Annotated[Path, typer.Option("--report", metavar="FILE", help="Where the HTML report goes.")] = Path(
        "load.html"
    ),
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing report.")] = False,
    web: Annotated[bool, typer.Option("--web", help="Open Locust's web page to start and watch it by hand.")] = False,
    web_port: Annotated[int, typer.Option(min=1, max=65_535, help="Where that page is, on this machine.")] = 8089,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before spending money.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load the API or the endpoint with headlines until it is saturated, and find what it can take (by Locust).

    Users are added step by step; the knee is the highest throughput whose 95th percentile stays within --p95-ms while
    almost no request fails. Exit status 1 if no step stayed within that.

    \b
    rubric --env local load                          # the local AWS: free
    rubric load --target endpoint --users 200        # the endpoint alone, without gateway and functions
    rubric load --steady --users 8 --duration 10m    # a constant load
    rubric load --web                                # by hand, on Locust's page
    """
    cloud: Cloud = context.obj
    seconds = seconds_of(duration)
    _check(seconds, users=users, ramp=ramp, web=web)
    writer = files.Writer([files.named(html, option="--report")], force=force)
    if not cloud.is_local:
        _ask(cloud, aim, seconds=seconds, yes=yes)
    with tempfile.TemporaryDirectory(prefix="rubric-load-") as name, _target(cloud, aim, key=key) as chosen:
        folder = Path(name)
        sent = texts.from_file(data) if data else texts.generated(folder)
        (folder / "texts.json").write_text(json.dumps(sent), encoding="utf-8")
        plan = Plan(
            host=chosen.host,
            path=chosen.path,
            headers=chosen.headers,
            signature=chosen.signature,
            texts=str(folder / "texts.json"),
            texts_per_request=texts_per_request,
            users=users,
            seconds=seconds,
            ramp=ramp,
            p95_ms=p95_ms,
            shaped=not web,
            result=str(folder / "steps.json"),
            report=str(folder / "report.html"),
        )
        screen.say(f"Load on {plan.host}{plan.path}, at most {users} users for {screen.duration(seconds)}.")
        for sentence in chosen.about:
            screen.say(sentence)
        if web:
            screen.say(f"Locust's page: http://{WEB_HOST}:{web_port} (Ctrl-C here ends it and writes the report)")
        outcome = _follow(plan, folder=folder, web_port=web_port if web else None)
        unchanged = chosen.instances is not None and target.instances_now(cloud) == chosen.instances
    said = findings.sentences(outcome, plan, instances=chosen.instances if unchanged else None)
    knee = steps.knee(outcome.steps, p95_ms=p95_ms)
    title = f"Load on {plan.host}{plan.path}"
    page = report.with_steps(outcome.report, title=title, sentences=said, steps=outcome.steps, knee=knee)
    writer.write(html, page.encode())
    if as_json:
        screen.print_json(findings.as_dict(outcome, plan, said=said))
    elif outcome.steps:
        findings.show(outcome.steps, said, best=knee)
    screen.say(f"Report: {html.resolve()}")
    if not web and knee is None:
        raise typer.Exit(FAILED)


def seconds_of(duration: str) -> float:
    """Seconds of `90s`, `2m`, `1h`, or `90`; OpsError for anything else."""
    found = re.fullmatch(r"(\d+)([smh]?)", duration.strip())
    if not found or not int(found[1]):
        raise OpsError(f"--duration {duration!r}: give a time such as 90s, 2m or 1h", status=USAGE)
    return float(int(found[1]) * UNITS[found[2] or "s"])


def _check(seconds: float, *, users: int, ramp: bool, web: bool) -> None:
    least = SHORTEST_STEP * steps.planned(users, ramp=ramp)
    if not web and seconds < least:
        raise OpsError(
            f"--duration {seconds:.0f}s is too short for the steps to {users} users: give {least:.0f}s or more",
            status=USAGE,
        )


def _ask(cloud: Cloud, aim: Aim, *, seconds: float, yes: bool) -> None:
    costs = cost.warning(cloud.settings, through_api=aim is Aim.API, seconds=seconds)
    confirm(f"This is a load on a real AWS account, which costs money. {costs} Alarms may ring.", yes=yes)


def _target(cloud: Cloud, aim: Aim, *, key: str) -> AbstractContextManager[Target]:
    return target.the_api(cloud, key=key) if aim is Aim.API else target.the_endpoint(cloud)


def _follow(plan: Plan, *, folder: Path, web_port: int | None) -> Outcome:
    outcome = Outcome()
    with stages(screen.err) as view:
        for event in locust_process.run(plan, folder=folder, web_port=web_port):
            if isinstance(event, Outcome):
                outcome = event
            else:
                view.show(event)
    return outcome
