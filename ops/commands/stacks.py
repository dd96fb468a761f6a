"""`rubric stacks`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.changes import assembly, environments, markdown, review, view
from ops.changes.review import Review
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import PARTS
from ops.errors import NOT_FOUND, USAGE, OpsError
from ops.stack_drift import report as drift_report
from ops.stack_drift import stacks as deployed
from ops.stack_drift import view as drift_view
from ops.terminal import screen

app = typer.Typer(no_args_is_help=True, help="The stacks: what a change will do and permit, and what has drifted.")

CHANGED, WIDENED = 10, 11
DRIFTED, INCOMPLETE = 10, 12
_ASSEMBLY = Path("build/assembly")

_Env = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", help="An environment; several times for several (default: all that the assembly has)."),
]


@app.command()
def changes(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--assembly", metavar="FOLDER", help="The cloud assembly that would be deployed.")
    ] = _ASSEMBLY,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Compare with this assembly instead of what is deployed; needs no account."
        ),
    ] = None,
    env: _Env = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a comment for a pull request, short enough for GitHub.")
    ] = False,
    whole: Annotated[
        str, typer.Option(metavar="TEXT", help="Where the whole list is, if the comment must be cut: a URL.")
    ] = "",
    reports: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Show what `--json` has saved, instead of looking; several times for several accounts.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also show every property, and each new build.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what a change will do and permit, before it is deployed.

    For each environment: resources that are added, changed (with the properties), replaced or removed, and whose data
    is lost; permissions that widen; images whose patches end; what is asked of a person.

    \b
    rubric stacks changes                              build/assembly against what is deployed
    rubric stacks changes --assembly cdk.out -e prod   one environment
    rubric stacks changes --against main/assembly      between two assemblies: needs no account
    rubric stacks changes --markdown > comment.md      a comment for a pull request
    rubric stacks changes -e dev --json > dev.json     in dev's account; then the same for prod, and one comment:
    rubric stacks changes --markdown --report dev.json --report prod.json

    \b
    Exit status: 0 nothing changes, 10 something changes, 11 a permission widens (or something that was closed opens);
    1 to 4 an error, as for every command.
    """
    if as_markdown and as_json:
        raise OpsError("--markdown and --json cannot be combined", status=USAGE)
    if reports and (against or env):
        raise OpsError("--report shows saved reviews: leave out --against and --env", status=USAGE)
    if reports:
        found = [each for file in reports for each in review.from_file(file)]
    else:
        found = _reviews(context, folder, against=against, only=env or _asked_for(context))
    if as_markdown:
        screen.out.file.write(markdown.comment(found, whole=whole))
    elif as_json:
        screen.print_json({"reviews": [review.as_dict(each) for each in found]})
    else:
        for each in found:
            view.show(each, whole=everything)
    if any(each.changed for each in found):
        raise typer.Exit(WIDENED if any(each.widens for each in found) else CHANGED)


def _asked_for(context: typer.Context) -> list[str]:
    """The environment of `rubric --env` or RUBRIC_ENV, if one was named."""
    root = context.find_root()
    source = root.get_parameter_source("env")
    named = source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")
    return [root.params["env"]] if named else []


def _reviews(context: typer.Context, folder: Path, *, against: Path | None, only: list[str]) -> list[Review]:
    stacks = assembly.read(folder)
    earlier = assembly.read(against) if against else None
    clouds = environments.named(stacks, only=only)
    today = datetime.now(tz=UTC).date()
    found = [
        environments.with_deployed(cloud, stacks, today=today)
        if earlier is None
        else environments.with_assembly(cloud, stacks, earlier, today=today)
        for cloud in clouds
    ]
    if only:
        return found
    session: Cloud = clouds[0] if clouds else context.obj

    def client_of(region: str | None) -> Any:
        return session.client("cloudformation", region=region)

    rest = environments.others(stacks, earlier, clouds=clouds, client_of=client_of)
    return [*found, rest] if rest else found


@app.command()
def drift(
    context: typer.Context,
    env: Annotated[str | None, typer.Option("--env", "-e", help="The environment, as in `rubric --env`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what in the account differs from the templates that were deployed.

    CloudFormation's drift detection looks first; what it cannot see is read from the services: SageMaker's resources,
    policies of roles, queues and topics, and policies that somebody attached to a role. What autoscaling, a promotion
    or an A/B test changed on purpose is no drift.

    \b
    rubric stacks drift
    rubric stacks drift --env prod --json

    \b
    Exit status: 0 nothing differs, 10 something differs, 12 nothing that could be read differs, but something could
    not be read; 1 to 4 an error, as for every command.
    """
    cloud: Cloud = Cloud(env) if env else context.obj
    names = [cloud.settings.stack_name(part) for part in PARTS]
    found = deployed.read(cloud.client("cloudformation"), names)
    if not found:
        raise OpsError(f"Nothing is deployed in {cloud.env!r}", status=NOT_FOUND)
    report = drift_report.report(cloud.env, found, client_of=cloud.client, say=screen.say)
    if as_json:
        screen.print_json(report.as_dict())
    else:
        drift_view.show(report)
    if report.drifted:
        raise typer.Exit(DRIFTED)
    if report.incomplete:
        raise typer.Exit(INCOMPLETE)
