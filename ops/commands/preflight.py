"""`rubric preflight`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Annotated

import typer
from rich.text import Text

from ops import screen
from ops.cloud import Cloud
from ops.errors import FAILED
from ops.preflight import checks
from ops.preflight.finding import Finding, refused

_STYLES = {"ok": "green", "warning": "yellow", "refused": "bold red", "unknown": "cyan"}


def preflight(
    context: typer.Context,
    env: Annotated[str | None, typer.Option("--env", "-e", help="The environment, as before the command.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only what needs no AWS account.")] = False,
    credentials: Annotated[bool, typer.Option("--credentials", help="Only whose credentials these are.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for a warning too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing of what is well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say before a deploy what AWS would refuse: quotas, region, bootstrap, images, Bedrock, the organisation's rules.

    Nothing is created and nothing costs money. `make deploy` does this first and stops at what is refused.

    \b
    rubric preflight --env dev             everything, with your AWS credentials
    rubric preflight --env dev --offline   settings, the first deploy's hour, instance types, ages of images
    rubric preflight --json                for programs: env, ready, findings with area, verdict, what, todo

    \b
    ok       as it should be
    warning  a deploy goes on; something later would be refused, or may be
    refused  AWS would refuse it, or it cannot work: mend it first
    unknown  could not be asked: no permission (which one is said), or no answer

    Exit status: 0 unless something is refused, 1 if it is (with --strict also for a warning), 4 without credentials
    that AWS accepts.
    """
    cloud: Cloud = Cloud(env) if env else context.obj
    if credentials:
        findings = checks.credentials(cloud)
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
    """The day by which images are judged, UTC."""
    return dt.datetime.now(tz=dt.UTC).date()


def _print(findings: list[Finding]) -> None:
    """Lines and no table: a terminal may break them where it likes, and a command can still be copied whole."""
    for finding in findings:
        line = Text.assemble((f"{finding.verdict:<8}", _STYLES[finding.verdict]), f" {finding.area:<13} {finding.what}")
        screen.out.print(line, highlight=False)
        if finding.todo:
            screen.out.print(Text(f"{'':<22} → {finding.todo}"), highlight=False)


def _summarise(findings: list[Finding]) -> None:
    counts = Counter(finding.verdict for finding in findings)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    screen.say(f"{'not ready' if refused(findings) else 'ready'}: {said}")
