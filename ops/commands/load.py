"""`rubric load`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.api.limits import MAX_TEXTS
from contracts.budget import spending
from ops.budget import ledger
from ops.budget.option import Price
from ops.deployment.cloud import Cloud
from ops.errors import FAILED
from ops.load import findings, session
from ops.load.session import Aim, LoadRequest
from ops.terminal import files, screen
from ops.terminal.confirm import confirm
from ops.terminal.durations import seconds

_Target = Annotated[Aim, typer.Option("--target", help="The HTTP API with a key, or the SageMaker endpoint behind it.")]
_Users = Annotated[
    int, typer.Option(min=1, max=10_000, help="Maximum number of users, each sending requests without a pause.")
]
_Ramp = Annotated[
    bool, typer.Option("--ramp/--steady", help="Ramp up from one user to saturation, or run all users from the start.")
]
_Duration = Annotated[str, typer.Option(metavar="TIME", help="Maximum duration, such as 90s, 2m or 1h.")]
_P95 = Annotated[
    float, typer.Option(min=1, help="The limit on the 95th percentile of response times, in milliseconds.")
]
_Texts = Annotated[int, typer.Option("--texts", min=1, max=MAX_TEXTS, help="Texts in each request.")]
_Data = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A text file whose lines are sent instead of generated ones.", show_default=False
    ),
]
_Key = Annotated[
    str, typer.Option(envvar="RUBRIC_API_KEY", help="API key (default: one created for this run).", show_default=False)
]
_Report = Annotated[Path, typer.Option("--report", metavar="FILE", help="File for the HTML report.")]
_Force = Annotated[bool, typer.Option("--force", "-f", help="Replace an existing report.")]
_Web = Annotated[bool, typer.Option("--web", help="Start and watch it by hand on Locust's web page.")]
_WebPort = Annotated[int, typer.Option(min=1, max=65_535, help="The port of that page, on this machine.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation before spending money.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def load(
    context: typer.Context,
    aim: _Target = Aim.API,
    users: _Users = 50,
    ramp: _Ramp = True,
    duration: _Duration = "2m",
    p95_ms: _P95 = 500.0,
    texts_per_request: _Texts = 1,
    data: _Data = None,
    key: _Key = "",
    html: _Report = Path("load.html"),
    force: _Force = False,
    web: _Web = False,
    web_port: _WebPort = 8089,
    yes: _Yes = False,
    price: Price = None,
    as_json: _Json = False,
) -> None:
    """Load the API or the endpoint with texts until it is saturated, to find its capacity (with Locust).

    Users are added step by step; the knee is the highest throughput whose 95th percentile stays within --p95-ms while
    almost no request fails. Exit status 1 if no step stayed within that.

    \b
    rubric --env local load                          # the local AWS: free
    rubric load --target endpoint --users 200        # the endpoint alone, without gateway and functions
    rubric load --steady --users 8 --duration 10m    # a constant load
    rubric load --web                                # by hand, on Locust's page
    """
    cloud: Cloud = context.obj
    request = LoadRequest(
        aim=aim,
        users=users,
        ramp=ramp,
        seconds=seconds(duration, option="--duration"),
        p95_ms=p95_ms,
        texts_per_request=texts_per_request,
        data=data,
        key=key,
        web_port=web_port if web else None,
    )
    session.check(request)
    writer = files.Writer([files.named(html, option="--report")], force=force)
    if not cloud.is_local:
        confirm(session.warning(cloud.settings, request), yes=yes)
    usd, unknown = session.most(cloud.settings, request, given=price)
    with ledger.reserved(cloud, kind=spending.LOAD, what="The load test", usd=usd, unknown=unknown) as reservation:
        reservation.begun()
        result = session.perform(cloud, request)
    writer.write(html, result.page().encode())
    _print(result, as_json=as_json)
    screen.say(f"Report: {html.resolve()}")
    if not web and result.knee is None:
        raise typer.Exit(FAILED)


def _print(result: session.Result, *, as_json: bool) -> None:
    if as_json:
        screen.print_json(findings.as_dict(result.outcome, result.plan, lines=result.sentences))
    elif result.outcome.steps:
        findings.show(result.outcome.steps, result.sentences, best=result.knee)
