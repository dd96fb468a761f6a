"""`rubric retrain`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from contracts.retraining import decision
from ops.deployment.cloud import Cloud
from ops.errors import FAILED, USAGE, OpsError
from ops.terminal import screen
from ops.terminal.confirm import confirm
from ops.training import retraining

_SAYS = {
    decision.TRAIN: "A run would be started.",
    decision.ASK: "A person has to decide: `rubric retrain --yes` starts a run.",
    decision.WAIT: "A run would be started, but it has to wait.",
    decision.REPORT: "Something has drifted, and no run would be started.",
    decision.NOTHING: "No run would be started.",
}
_HOLDS = {True: "yes", False: "no", None: "not known"}


def retrain(
    context: typer.Context,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print every clause of the rule, and start nothing.")
    ] = False,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Print what the rule would have decided on each day of the log.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start a run without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train again on what has come in since, or show why that would or would not be done by itself.

    A person's run needs no gain and waits for no test and no cool-down; the month's budget, a run that is on, and a
    dataset that a run may not make hold it back.
    `rubric train` trains without any of this.

    \b
    rubric retrain                 # what would be decided now, then a question
    rubric retrain --explain       # every clause with its figures
    rubric retrain --backtest      # when the rule would have fired
    rubric retrain --yes           # start a run on the newest labels
    """
    cloud: Cloud = context.obj
    if explain + backtest + yes > 1:
        raise OpsError("Use only one of --explain, --backtest and --yes", status=USAGE)
    if backtest:
        _backtest(retraining.backtested(cloud), as_json=as_json)
        return
    if explain:
        _explain(retraining.explained(cloud), as_json=as_json)
        return
    if not yes:
        found = retraining.explained(cloud)
        screen.say(f"{_SAYS[found['outcome']]} {found['reason']}")
        price = "an unknown price" if found["price"] is None else f"about ${found['price']:,.2f}"
        confirm(f"This starts a training run at {price}, on what was labelled since the model's dataset.", yes=False)
    _started(retraining.ask(cloud), as_json=as_json)


def _explain(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        screen.print_json(found)
        return
    screen.line(f"{found['model_version'] or 'no model yet'}  {found['outcome']}", bold=True)
    screen.line(f"{_SAYS[found['outcome']]} {found['decided_by']} decides: {found['reason']}")
    screen.out.print()
    for title, names in (("Reasons to train", decision.REASONS), ("What must hold besides", decision.CONDITIONS)):
        rows = [
            [each["name"], _HOLDS[each["holds"]], each["sentence"]]
            for each in found["clauses"]
            if each["name"] in names
        ]
        screen.table(title, "Holds", "Why", rows=rows, whole=(title, "Holds"))


def _backtest(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        screen.print_json(found)
        return
    decisions = found["decisions"]
    if not decisions:
        screen.line("No text of the audit sample is labelled, so there is nothing to decide on.")
        return
    rows = [
        [each["at"][:10], each["model_version"], each["outcome"], each["decided_by"], _gain(each)] for each in decisions
    ]
    screen.table(
        "Day", "Model", "Outcome", "Decided by", "Least gain", rows=rows, whole=("Day", "Outcome", "Least gain")
    )
    fired = [each["at"][:10] for each in decisions if each["outcome"] == decision.TRAIN]
    screen.line(
        f"It would have fired on {len(fired)} of {len(decisions)} days{': ' if fired else ''}{', '.join(fired)}."
    )
    screen.line("The answers are those of the models that served: what a run's own model would have said is not known.")
    if not found["complete"]:
        screen.line("There was not enough time for all days: the newest are missing.")


def _gain(made: dict[str, Any]) -> str:
    """In points of accuracy."""
    [worth] = [each for each in made["clauses"] if each["name"] == "worth"]
    low = worth["figures"]["gain_low"]
    return "not known" if low is None else f"{low * 100:+.1f}"


def _started(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        screen.print_json(made)
    if made.get("outcome") != decision.TRAIN:
        raise OpsError(f"No run was started: {made.get('reason', '')}", status=FAILED)
    if not as_json:
        screen.say(f"The run {made['run']} has started. To watch it: `rubric follow`")
