"""`rubric runbook`."""

from __future__ import annotations

from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from ops.deployment.cloud import ROOT, Cloud
from ops.errors import OpsError, from_aws
from ops.monitoring import alarms, runbooks
from ops.monitoring.runbook_names import Names
from ops.terminal import screen


def runbook(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[ALARM]", help="The alarm: its short name, or the name in a notification.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what to do when an alarm rings, with this environment's names; without an alarm, list all of them.

    If AWS cannot be asked, the page is shown with its placeholders.

    \b
    rubric runbook
    rubric --env prod runbook ClassifyErrors
    """
    if name is None:
        _list(as_json=as_json)
        return
    cloud: Cloud = context.obj
    page = runbooks.find(ROOT, name)
    text = page.read_text("utf-8")
    names, problem = _names(cloud, runbooks.placeholders(text))
    state = None if problem else next((each for each in _states(cloud) if each.runbook == page.stem), None)
    filled = runbooks.filled(text, names)
    if as_json:
        found = vars(state) if state else None
        screen.print_json({"alarm": page.stem, "deployed": found, "page": filled, "problem": problem})
        return
    if problem:
        screen.say(f"Some names are missing: {problem}")
    title, _, rest = filled.partition("\n")
    screen.out.print(title, highlight=False, markup=False)
    if state:
        screen.out.print(
            f"\n{state.name}\n{state.value} since {state.since}: {state.reason}", highlight=False, markup=False
        )
    screen.out.print(rest, highlight=False, markup=False, end="")


def _list(*, as_json: bool) -> None:
    meanings = {name: runbooks.meaning(path.read_text("utf-8")) for name, path in runbooks.pages(ROOT).items()}
    if as_json:
        screen.print_json([{"alarm": name, "meaning": meaning} for name, meaning in meanings.items()])
    else:
        screen.table("Alarm", "Meaning", rows=[[name, meaning] for name, meaning in meanings.items()], whole=("Alarm",))


def _names(cloud: Cloud, placeholders: list[str]) -> tuple[dict[str, str], str]:
    """The names of placeholders, as far as they are known, and why others are not ("": all are known)."""
    names = Names(cloud)
    found, problem = names.known(), ""
    for each in placeholders:
        try:
            found.update(names.of([each]))
        except OpsError as error:
            problem = str(error)
        except (BotoCoreError, ClientError) as error:
            # At night a page with placeholders is better than none.
            return found, str(from_aws(error))
    return found, problem


def _states(cloud: Cloud) -> list[alarms.Deployed]:
    try:
        return alarms.deployed(cloud)
    except (BotoCoreError, ClientError) as error:
        screen.say(f"The alarm's state is not known: {from_aws(error)}")
        return []
