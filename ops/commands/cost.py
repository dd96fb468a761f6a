"""`rubric cost`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts.prices import price
from ops.changes import assembly, environments
from ops.cost import break_even, from_log, preview, traffic, view
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, OpsError
from ops.terminal import screen

_ASSEMBLY = Path("build/assembly")


def cost(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--assembly", metavar="FOLDER", help="The cloud assembly that would be deployed.")
    ] = _ASSEMBLY,
    log: Annotated[
        bool,
        typer.Option("--from-log", help="Count the requests of the last days in the deployed request log instead."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also show what is free, and the source of each price.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with every resource.")] = False,
) -> None:
    """Show what the environment costs in a month, before it is deployed: low, expected and high.

    Each resource of the templates is priced, free, or paid for by use. Traffic is what `cost.requests_per_day` says,
    or what the request log holds. A price that is not in the dated snapshot is unknown, and is in no total.

    \b
    make cost ENV=prod                           synthesise, and show it
    rubric --env prod cost --assembly cdk.out    of an assembly that is there
    rubric --env prod cost --from-log            with the traffic of the last days
    rubric --env prod cost --all                 with what is free, and where each price is from
    """
    cloud: Cloud = context.obj
    today = datetime.now(tz=UTC).date()
    if problem := price.too_old(today):
        raise OpsError(problem, status=FAILED)
    stacks = assembly.read(folder)
    environments.named(stacks, only=[cloud.env])
    own = {name: stacks[name].template for name in environments.stacks_of(cloud.settings, stacks)}
    counted = from_log.traffic(cloud, today=today) if log else traffic.of_settings(cloud.settings)
    found = preview.of(cloud.settings, own, traffic=counted)
    nothing = traffic.without(counted)
    million = (
        preview.of(cloud.settings, own, traffic=traffic.a_million(cloud.settings)).requests_usd
        - preview.of(cloud.settings, own, traffic=nothing).requests_usd
    )
    crossings = break_even.of(cloud.settings, counted)
    if as_json:
        screen.print_json(view.as_dict(found, million, crossings))
    else:
        view.show(found, million, crossings, today=today, whole=everything)
