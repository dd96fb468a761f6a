"""`rubric preflight`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Annotated

import typer
from rich.text import Text

from ops.deployment.cloud import Cloud
from ops.errors import FAILED
from ops.preflight import checks
from ops.preflight.finding import Finding, refused
from ops.terminal import screen

_STYLES = {"ok": "green", "warning": "yellow", "refused": "bold red", "unknown": "cyan"}


def preflight(
    context: typer.Context,
    env: Annotated[str | None, typer.Option("--env", "-e", help="The environment, as in `rubric --env`.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Run only the checks that need no AWS account.")] = False,
    credentials: Annotated[bool, typer.Option("--credentials", help="Check only the credentials.")] = False,
    destroy: Annotated[
        bool, typer.Option("--before-destroy", help="Check only the credentials and whether a stack is being changed.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Also exit with status 1 if there is a warning.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Leave out the checks that are ok.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check before a deploy what AWS would refuse: quotas, region, bootstrap, images, Bedrock, organisation rules.

    It creates nothing and costs nothing. `make deploy` runs it first and stops if anything is refused.

    \b
    rubric preflight --env dev             everything, with your AWS credentials
    rubric preflight --env dev --offline   settings, first deploy's time limit, instance types, images, request log
    rubric preflight --json                for programs: env, ready, findings with area, verdict, what, todo

    \b
    ok       nothing to do
    warning  the deploy goes ahead, but AWS may refuse something later
    refused  AWS would refuse it, or it cannot work: fix it first
    unknown  could not be checked: a permission is missing (the line names it), a service did not answer,
             or a price is not known here

    Exit status: 1 if anything is refused (with --strict also for a warning), 4 without credentials that AWS accepts,
    0 otherwise.
    """
    cloud: Cloud = Cloud(env) if env else context.obj
    if credentials:
        findings = checks.credentials(cloud)
    elif destroy:
        findings = checks.before_destroy(cloud)
    elif offline:
        findings = checks.without_account(cloud, today=today())
    else:
        findings = checks.everything(cloud, today=today())
    if as_json:
        listed = [finding.as_dict() for finding in findings]
        screen.print_json({"env": cloud.env, "ready": not refused(findings), "findings": listed})
    else:
        _print([finding for finding in findings if finding.verdict != "ok"] if quiet else findings)
        if not quiet:
            _summarise(findings)
    if refused(findings) or (strict and any(finding.verdict == "warning" for finding in findings)):
        raise typer.Exit(FAILED)


def today() -> dt.date:
    """Today's date in UTC, for the age of images."""
    return dt.datetime.now(tz=dt.UTC).date()


def _print(findings: list[Finding]) -> None:
    """Prints lines instead of a table: commands can then be copied whole wherever the terminal wraps them."""
    for finding in findings:
        line = Text.assemble((f"{finding.verdict:<8}", _STYLES[finding.verdict]), f" {finding.area:<13} {finding.what}")
        screen.out.print(line, highlight=False)
        if finding.todo:
            screen.out.print(Text(f"{'':<22} → {finding.todo}"), highlight=False)


def _summarise(findings: list[Finding]) -> None:
    counts = Counter(finding.verdict for finding in findings)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    screen.say(f"{'not ready' if refused(findings) else 'ready'}: {summary}")
