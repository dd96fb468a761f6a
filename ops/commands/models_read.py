"""`rubric models list | show | compare`: information on the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from contracts.models.evaluation import JudgedEvaluation
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError
from ops.models import artifacts, compare_view, drift_reference, evaluation_view, lookup, registry
from ops.models.compare import Side
from ops.models.compare import compare as compared_sides
from ops.models.registry import Model
from ops.terminal import files, screen
from ops.training import training_jobs

FIGURES = ("accuracy", "macro_f1", "baseline_accuracy", "baseline_macro_f1", "calibration_error", "mcnemar_p")
WHICH = "A version, its number in the registry, or `serving` for the one in use."

Version = Annotated[str, typer.Argument(metavar="VERSION", help=WHICH)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def as_dict(model: Model, *, in_use: str) -> dict[str, object]:
    """A model as `--json` prints it."""
    return {
        "version": model.version,
        "number": model.number,
        "approval": model.approval,
        "in_use": model.version == in_use,
        "created": model.created.isoformat(timespec="seconds"),
        "artifact_uri": model.artifact_uri,
        **{name: model.figure(name) for name in FIGURES},
        "base_model": model.figures.get("base_model", ""),
        "gate": model.figures.get("gate", ""),
        "arn": model.arn,
    }


def list_models(
    context: typer.Context,
    count: Annotated[int, typer.Option(min=1, max=100, help="How many to list, newest first.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the registered models with their figures; `*` marks the one in use."""
    cloud: Cloud = context.obj
    models, in_use = registry.models(cloud, count=count), registry.approved_version(cloud)
    if as_json:
        screen.print_json([as_dict(model, in_use=in_use) for model in models])
        return
    if not models:
        screen.say("No model is registered yet: `rubric train` trains one.")
        return
    wide, very_wide = (screen.out.width >= width for width in (screen.WIDE, screen.VERY_WIDE))
    rows = []
    for model in models:
        row = ["*" if model.version == in_use else "", str(model.number), model.version, model.approval]
        row += [screen.figure(model.figure("accuracy")), screen.figure(model.figure("macro_f1"))]
        if wide:
            row += [screen.figure(model.figure("baseline_accuracy")), model.figures.get("base_model", "-")]
            row.append(f"{model.created:%Y-%m-%d %H:%M}")
        if very_wide:
            row.append(verdict(model))
        rows.append(row)
    columns = ["", "No.", "Version", "Approval", "Accuracy", "Macro F1"]
    columns += ["Baseline", "Base model", "Created"] if wide else []
    columns += ["Gate"] if very_wide else []
    numeric = ("No.", "Accuracy", "Macro F1", "Baseline")
    screen.table(*columns, rows=rows, numeric=numeric, whole=("Version", "Created"))


def verdict(model: Model) -> str:
    """The gate's verdict without the figures, in short."""
    gate = model.figures.get("gate", "-")
    return (gate.partition("; ")[2].partition(":")[0] or gate).rstrip(".")


def show(
    context: typer.Context,
    version: Version = "serving",
    mistakes: Annotated[int, typer.Option(metavar="N", min=0, help="Show the N most confident mistakes.")] = 0,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the training job's report here.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
    card: Annotated[bool, typer.Option("--card", help="Print the model card (JSON) instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a model's evaluation: figures with intervals, each label, baseline, calibration, leak, export, cost,
    and the reference that its answers in use are compared with.

    A model that the gate refused is not in the registry; name it by its training job.

    \b
    rubric models show                                        # the one in use
    rubric models show 3 --mistakes 10
    rubric models show --html report.html                     # its report, with plots
    rubric models show rubric-dev-20261120-213501-3fa9 --json
    """
    cloud: Cloud = context.obj
    model = lookup.find(cloud, version)
    if card:
        _print_card(model)
        return
    if html:
        writer = files.Writer([files.named(html, option="--html")], force=force)
        writer.write(html, artifacts.report(cloud, model))
        screen.say(f"Report of {model.version}: {html.resolve()}")
        return
    evaluation = registry.evaluation(cloud, model)
    reference = drift_reference.find(cloud, model)
    in_use = registry.approved_version(cloud)
    if as_json:
        stored = {"drift_reference": reference and {"uri": reference.uri, "problem": reference.reason or None}}
        screen.print_json({**as_dict(model, in_use=in_use), **stored, "evaluation": evaluation})
        return
    state = f"{model.approval}, in use" if model.version == in_use else model.approval
    screen.line(f"{model.version}  {state}", bold=True)
    counts = evaluation.get("counts") or {}
    screen.line(
        f"from {evaluation.get('base_model', '-')}, {model.created:%Y-%m-%d %H:%M}; trained on "
        f"{counts.get('train', '?')} texts, measured on {counts.get('test', '?')} that it had not seen"
    )
    evaluation_view.show(evaluation, mistakes=mistakes)
    screen.heading("Reference for drift")
    screen.line(reference.sentence() if reference else "none: it was trained before models had one")
    if reference and reference.content:
        screen.line(reference.uri, quiet=True)
    screen.heading("Gate")
    screen.line(gate_of(model, evaluation))


def gate_of(model: Model, evaluation: JudgedEvaluation) -> str:
    """The gate's verdict on a model, in full if its evaluation has it (the registry keeps 256 characters)."""
    reason = str((evaluation.get("gate") or {}).get("reason") or model.figures.get("gate") or "-")
    return reason if model.arn else f"refused: {reason}"


def compare(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help=WHICH)],
    second: Annotated[str, typer.Argument(metavar="B", help="The other model, likewise.")],
    as_json: AsJson = False,
) -> None:
    """Compare two models: figures and classes with intervals, data, hyperparameters, duration, cost, the verdicts.

    \b
    rubric models compare serving rubric-dev-20261120-213501-3fa9
    rubric models compare 3 4 --json
    """
    cloud: Cloud = context.obj
    sides = [_side(cloud, lookup.find(cloud, version)) for version in (first, second)]
    compared = compared_sides(*sides)
    if as_json:
        screen.print_json(compared)
    else:
        compare_view.show(compared)


def _side(cloud: Cloud, model: Model) -> Side:
    evaluation = registry.evaluation(cloud, model)
    job = training_jobs.describe(cloud, model.version)
    return Side(
        version=model.version,
        evaluation=evaluation,
        hyperparameters=evaluation.get("hyperparameters") or (job.hyperparameters if job else {}),
        gate=gate_of(model, evaluation),
        seconds=job.seconds if job else None,
    )


def _print_card(model: Model) -> None:
    if not model.card:
        raise OpsError(
            f"{model.version} has no model card: it was registered before packages had one", status=NOT_FOUND
        )
    screen.print_json(json.loads(model.card))
