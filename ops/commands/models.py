"""`rubric models`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.models_read import Version, compare, list_models, show
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.models import promotions, registry, rejection
from ops.models.registry import Model
from ops.terminal import screen
from ops.terminal.progress_views import watch
from ops.training.follow import follow as events_of

app = typer.Typer(no_args_is_help=True, help="Models: compare, approve, serve and roll back.")

_NEXT_DEPLOY = "there is no Serving stack yet; the next deploy creates it with this model"

Note = Annotated[str, typer.Option(help="The reason, kept in the registry.")]
Follow = Annotated[bool, typer.Option(help="Watch the rollout until it ends.")]


app.command("list")(list_models)
app.command()(show)
app.command()(compare)


@app.command()
def approve(context: typer.Context, version: Version, note: Note = "") -> None:
    """Approve a model. With manual approval, this starts its rollout.

    \b
    rubric --env prod models approve rubric-prod-20261120-213501-3fa9 --note "checked by the desk"
    """
    cloud: Cloud = context.obj
    model = registry.find(cloud, version)
    registry.set_approval(cloud, model, approval=registry.APPROVED, note=note)
    # Only a new approval starts a rollout: for a model that was already approved, nothing has changed.
    by_itself = cloud.settings.training.approval == "manual" and model.approval != registry.APPROVED
    then = "its rollout starts automatically" if by_itself else f"serve it with: rubric models promote {model.version}"
    screen.say(f"{model.version} is approved; {then}.")


@app.command()
def reject(context: typer.Context, version: Version, note: Note = "") -> None:
    """Reject a model, so that it is not served by mistake.

    The model in use cannot be rejected, nor, during a rollout, the one that still serves.
    """
    cloud: Cloud = context.obj
    model = registry.find(cloud, version)
    rejection.reject(cloud, model, note=note)
    screen.say(f"{model.version} is rejected.")


@app.command()
def promote(
    context: typer.Context,
    version: Version,
    follow: Follow = True,
    override_champion: Annotated[
        bool, typer.Option("--override-champion", help="Promote it even if the gate compared it with another model.")
    ] = False,
) -> None:
    """Serve an approved model: a canary rollout that is taken back automatically if an alarm rings.

    It is refused if the model that serves now is not the one that the gate compared it with.

    \b
    rubric models promote rubric-dev-20261120-213501-3fa9
    rubric models promote 3 --override-champion
    """
    cloud: Cloud = context.obj
    model = registry.find(cloud, version)
    _roll_out(cloud, model, champion=None if override_champion else model.champion, follow=follow)


@app.command()
def rollback(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="The model to go back to (default: the last one that served well)."),
    ] = None,
    follow: Follow = True,
) -> None:
    """Go back to the last model that served well before the one in use, or to another.

    A model whose rollout was taken back, or that was rolled back from, is skipped. A rollout that is under way is
    stopped. All instances move at once, and no alarm takes this back.

    \b
    rubric models rollback
    rubric models rollback --to 3
    """
    cloud: Cloud = context.obj
    model = registry.find(cloud, to) if to else registry.previous(cloud)
    _roll_out(cloud, model, champion=None, rollback=True, follow=follow)


def _roll_out(cloud: Cloud, model: Model, *, champion: str | None, follow: bool, rollback: bool = False) -> None:
    in_use = promotions.serving_uri(cloud) or registry.approved_uri(cloud)
    if model.artifact_uri == in_use == registry.approved_uri(cloud):
        what = "is already the model in use." if cloud.stacks.serving else f"is already approved: {_NEXT_DEPLOY}."
        screen.say(f"{model.version} {what}")
        return
    arn = registry.promote(cloud, model, champion=champion, rollback=rollback)
    if not follow:
        screen.out.print(arn, highlight=False, markup=False)
        return
    screen.say(f"Rolling out {model.version}")
    execution = watch(events_of(cloud, arn), console=screen.err)
    if execution.status != "SUCCEEDED":
        reason = execution.cause or execution.error or execution.status
        raise OpsError(f"{model.version} was not rolled out: {reason}")
    told = promotions.said_of_its_test(execution.output)
    approved_only = promotions.waits_for_deploy(execution.output)
    if approved_only:
        screen.say(f"{model.version} is approved: {_NEXT_DEPLOY}.")
    else:
        screen.say(f"{model.version} is in use{f': {told}' if told else ''}.")
