"""`rubric models`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops import registry, screen
from ops.cloud import Cloud
from ops.errors import OpsError
from ops.follow import follow as events_of
from ops.registry import Model
from ops.views import watch

app = typer.Typer(no_args_is_help=True, help="Models: compare, approve, serve and roll back.")

Version = Annotated[
    str,
    typer.Argument(metavar="VERSION", help="A version, its number in the registry, or `serving` for the one in use."),
]
Note = Annotated[str, typer.Option(help="Why; kept in the registry.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Follow = Annotated[bool, typer.Option(help="Watch the rollout to its end.")]


def _as_dict(model: Model, *, in_use: str) -> dict[str, object]:
    return {
        "version": model.version,
        "number": model.number,
        "approval": model.approval,
        "in_use": model.version == in_use,
        "created": model.created.isoformat(timespec="seconds"),
        "artifact_uri": model.artifact_uri,
        **{name: model.figure(name) for name in ("accuracy", "macro_f1", "baseline_accuracy", "baseline_macro_f1")},
        "base_model": model.figures.get("base_model", ""),
        "gate": model.figures.get("gate", ""),
        "arn": model.arn,
    }


@app.command("list")
def list_models(
    context: typer.Context,
    count: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the registered models with their figures; `*` marks the one in use."""
    cloud: Cloud = context.obj
    models, in_use = registry.models(cloud, count=count), registry.approved_version(cloud)
    if as_json:
        screen.print_json([_as_dict(model, in_use=in_use) for model in models])
        return
    if not models:
        screen.say("No model is registered yet: `rubric train` trains one.")
        return
    rows = [
        [
            "*" if model.version == in_use else "",
            str(model.number),
            model.version,
            model.approval,
            screen.figure(model.figure("accuracy")),
            screen.figure(model.figure("macro_f1")),
            model.figures.get("base_model", "-"),
            f"{model.created:%Y-%m-%d %H:%M}",
        ]
        for model in models
    ]
    columns = ("", "No.", "Version", "Approval", "Accuracy", "Macro F1", "Base model", "Created")
    screen.table(*columns, rows=rows, numeric=("No.", "Accuracy", "Macro F1"), whole=("Version",))


@app.command()
def show(context: typer.Context, version: Version = "serving", as_json: AsJson = False) -> None:
    """Show a model's evaluation: each class, the baseline, how it was judged.

    \b
    rubric models show
    rubric models show rubric-dev-20261120-213501-3fa9 --json
    """
    cloud: Cloud = context.obj
    model = registry.find(cloud, version)
    evaluation = registry.evaluation(cloud, model)
    if as_json:
        in_use = registry.approved_version(cloud)
        screen.print_json({**_as_dict(model, in_use=in_use), "evaluation": evaluation})
        return
    counts, baseline = evaluation.get("counts", {}), evaluation.get("baseline") or {}
    print_line = screen.out.print
    print_line(
        f"{model.version}  {model.approval}  from {evaluation.get('base_model', '-')}", highlight=False, markup=False
    )
    print_line(
        f"accuracy {screen.figure(evaluation.get('accuracy'))}, macro F1 {screen.figure(evaluation.get('macro_f1'))} "
        f"on {counts.get('test', '?')} texts it had not seen (trained on {counts.get('train', '?')})",
        highlight=False,
    )
    if baseline:
        print_line(
            f"baseline {baseline.get('name', '')}: accuracy {screen.figure(baseline.get('accuracy'))}, "
            f"macro F1 {screen.figure(baseline.get('macro_f1'))}",
            highlight=False,
        )
    print_line(f"gate: {model.figures.get('gate', '-')}\n", highlight=False, markup=False)
    rows = [
        [label, *(screen.figure(figures[name]) for name in ("precision", "recall", "f1")), str(figures["support"])]
        for label, figures in evaluation.get("per_class", {}).items()
    ]
    columns = ("Label", "Precision", "Recall", "F1", "Texts")
    screen.table(*columns, rows=rows, numeric=columns[1:])


@app.command()
def approve(context: typer.Context, version: Version, note: Note = "") -> None:
    """Approve a model. Where approval is manual its rollout then starts by itself.

    \b
    rubric --env prod models approve rubric-prod-20261120-213501-3fa9 --note "checked by the desk"
    """
    cloud: Cloud = context.obj
    model = registry.find(cloud, version)
    registry.set_approval(cloud, model, approval=registry.APPROVED, note=note)
    automatic = cloud.settings.training.approval == "automatic"
    then = f"serve it with: rubric models promote {model.version}" if automatic else "its rollout starts by itself"
    screen.say(f"{model.version} is approved; {then}.")


@app.command()
def reject(context: typer.Context, version: Version, note: Note = "") -> None:
    """Reject a model, so that it is not served by mistake. The model in use cannot be rejected."""
    cloud: Cloud = context.obj
    model = registry.find(cloud, version)
    if model.version == registry.approved_version(cloud):
        raise OpsError(f"{model.version} is in use: `rubric models rollback` first")
    registry.set_approval(cloud, model, approval=registry.REJECTED, note=note)
    screen.say(f"{model.version} is rejected.")


@app.command()
def promote(context: typer.Context, version: Version, follow: Follow = True) -> None:
    """Serve an approved model: a canary rollout that takes itself back if its alarms go off.

    \b
    rubric models promote rubric-dev-20261120-213501-3fa9
    """
    cloud: Cloud = context.obj
    _roll_out(cloud, registry.find(cloud, version), follow=follow)


@app.command()
def rollback(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Which model (default: the approved one before).")
    ] = None,
    follow: Follow = True,
) -> None:
    """Go back to the approved model before the one in use, or to another.

    \b
    rubric models rollback
    rubric models rollback --to 3
    """
    cloud: Cloud = context.obj
    _roll_out(cloud, registry.find(cloud, to) if to else registry.previous(cloud), follow=follow)


def _roll_out(cloud: Cloud, model: Model, *, follow: bool) -> None:
    if model.version == registry.approved_version(cloud):
        screen.say(f"{model.version} is the model in use already.")
        return
    arn = registry.promote(cloud, model)
    if not follow:
        screen.out.print(arn, highlight=False, markup=False)
        return
    screen.say(f"Rolling out {model.version}")
    execution = watch(events_of(cloud, arn), console=screen.err)
    if execution.status != "SUCCEEDED":
        reason = execution.cause or execution.error or execution.status
        raise OpsError(f"{model.version} was not rolled out: {reason}")
    screen.say(f"{model.version} is in use.")
