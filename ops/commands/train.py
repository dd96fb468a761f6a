"""`rubric train` and `rubric follow`."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.budget import spending
from contracts.deployment.pipeline import ErrorName, NothingNew
from ops.budget import amounts, ledger
from ops.budget.option import Price
from ops.deployment.cloud import Cloud
from ops.deployment.executions import Execution
from ops.errors import USAGE, OpsError
from ops.terminal import screen
from ops.terminal.progress_views import watch
from ops.training import runs
from ops.training.follow import follow as events_of

Plain = Annotated[bool, typer.Option("--plain", help="Plain lines instead of progress bars (the default when piped).")]
JsonLines = Annotated[bool, typer.Option("--json-lines", help="Print one JSON object per line, for other programs.")]


def train(
    context: typer.Context,
    follow: Annotated[bool, typer.Option(help="Watch the run until it ends.")] = True,
    if_changed: Annotated[
        bool,
        typer.Option(
            "--if-changed",
            help="Do nothing if the model in use came from the same dataset, base model and hyperparameters.",
        ),
    ] = False,
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION|S3_URI",
            help="Train on this dataset version (v3, latest) or S3 file instead of the environment's dataset.",
        ),
    ] = None,
    fold_ledger: Annotated[
        bool,
        typer.Option(
            "--fold-ledger",
            help="Make the next dataset version of the labels that came in, in the training job, and train on it.",
        ),
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A hyperparameter for this run only; may be repeated."),
    ] = None,
    price: Price = None,
    plain: Plain = False,
    json_lines: JsonLines = False,
) -> None:
    """Train a model. If it passes the gate it is registered and, with automatic approval, served.

    Fails with the reason if the job fails or the gate refuses the model; the model in use keeps serving.

    \b
    rubric train                                  # watch stages, progress, accuracy, verdict
    rubric train --dataset latest                 # on the newest version of `rubric data freeze`
    rubric train --fold-ledger                    # freezes the next version itself and trains on it
    rubric train --dataset s3://bucket/news.csv   # on another dataset, for this run only
    rubric train --set epochs=12 --set seed=7     # with other hyperparameters, for this run only
    rubric train --no-follow                      # only start it; `rubric follow` watches it later
    """
    cloud: Cloud = context.obj
    hyperparameters = runs.parse_hyperparameters(settings or [])
    if fold_ledger and (dataset or if_changed):
        raise OpsError(
            "--fold-ledger makes the dataset, and trains only if it changes: leave out --dataset and --if-changed",
            status=USAGE,
        )
    dataset = runs.dataset_uri(cloud, dataset)
    if if_changed:
        version = runs.unchanged_since(cloud, dataset=dataset, hyperparameters=hyperparameters)
        if version:
            screen.say(
                f"Nothing to do: {version}, the model in use, came from the same dataset, base model and "
                "hyperparameters."
            )
            return
    usd, unknown = amounts.training_run(cloud.settings) if price is None else (price, "")
    with ledger.reserved(
        cloud, kind=spending.TRAINING, what="The training run", usd=usd, unknown=unknown
    ) as reservation:
        arn = runs.start(cloud, dataset=dataset, hyperparameters=hyperparameters, fold_ledger=fold_ledger)
        reservation.begun()
    if not follow:
        screen.out.print(arn, highlight=False, markup=False)
        screen.say("Training has started. To watch it: `rubric follow`")
        return
    _watch(cloud, arn, plain=plain, json_lines=json_lines)


def follow(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="[JOB]", help="A training job's name, or `latest`.")] = "latest",
    plain: Plain = False,
    json_lines: JsonLines = False,
) -> None:
    """Watch a training run that was started elsewhere: by a deploy, a schedule or a colleague.

    \b
    rubric follow
    rubric follow rubric-dev-20261120-213501-3fa9
    """
    cloud: Cloud = context.obj
    _watch(cloud, runs.find(cloud, job), plain=plain, json_lines=json_lines)


def _watch(cloud: Cloud, arn: str, *, plain: bool, json_lines: bool) -> None:
    execution = watch(events_of(cloud, arn), console=screen.err, plain=plain, json_lines=json_lines)
    text = verdict(cloud, execution)
    if not json_lines:
        screen.say(text)


def verdict(cloud: Cloud, execution: Execution) -> str:
    """The result of a training run, in a sentence or two; OpsError with the reason if it failed."""
    if execution.status != "SUCCEEDED":
        what = {
            ErrorName.GATE_REFUSED: "The gate refused the model",
            ErrorName.PROMOTION_FAILED: "The model was not rolled out",
            ErrorName.NOT_TESTED: "The model is not tested",
        }
        headline = what.get(execution.error, "Training failed")
        raise OpsError(f"{headline}: {execution.cause or execution.error or execution.status}")
    output = execution.output
    if nothing := NothingNew.of(output):
        return f"No training: {nothing.reason}"
    version = output.get("model_version", "The model")
    figures = f"accuracy {screen.figure(output.get('accuracy'))}, macro F1 {screen.figure(output.get('macro_f1'))}"
    gate = f"Gate: {output.get('reason', '')}"
    if output.get("promoted") and not cloud.stacks.serving:
        return f"{version} is approved, and serves once a deploy has made the Serving stack: {figures}. {gate}"
    if output.get("promoted"):
        return f"{version} is in use: {figures}. {gate}"
    if output.get("test"):
        return (
            f"{version} passed the gate: {figures}. {gate} An A/B test of it has begun ({output['test']}): "
            f"rubric --env {cloud.env} ab status"
        )
    return (
        f"{version} passed the gate: {figures}. It waits for approval: "
        f"rubric --env {cloud.env} models approve {version}"
    )
