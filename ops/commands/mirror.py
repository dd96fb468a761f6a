"""`rubric mirror`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contracts.deployment import stack_outputs
from ops.deployment.cloud import ROOT, Cloud
from ops.errors import FAILED, NOT_FOUND, USAGE, OpsError
from ops.mirror import folder, plan
from ops.mirror.bucket import Bucket
from ops.mirror.part import Part
from ops.mirror.transfers import shown
from ops.terminal import screen

CACHE = ROOT / "build" / "mirror"


def mirror(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Upload what this folder has; nothing is downloaded."),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Download into this folder, to be carried; nothing is uploaded."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say what is missing or differs in the bucket or folder.")
    ] = False,
    python: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="The Python of your own training.image, such as 3.12."),
    ] = None,
) -> None:
    """Bring what isolated training jobs need from the internet into the environment's bucket, with checksums.

    Packages come from pip's index, the base model from the Hugging Face hub, the UCI archive from its address.
    Every file is checked before it is uploaded: packages against model_code/training/requirements.lock, a base
    model's files against its commit, the archive against data.dataset.sha256 if that is set.
    A command that was interrupted goes on where it stopped.

    \b
    rubric mirror                      download what is lacking, and upload it
    rubric mirror --check              say what is missing or differs in the bucket; exit status 1 if anything is
    rubric mirror --to /media/stick    where there is internet and no AWS account
    rubric mirror --from /media/stick  where there is an account and no internet
    """
    cloud: Cloud = context.obj
    if source and target:
        raise OpsError("--from uploads a folder, --to makes one: give one of the two", status=USAGE)
    if source and not source.is_dir():
        raise OpsError(f"--from {source}: there is no such folder", status=USAGE)
    wanted = plan.parts(cloud.settings, root=ROOT, python=python)
    if check:
        _check(cloud, wanted, root=source or target)
        return
    if not target:
        bucket = _bucket(cloud)
    if not source:
        _download(wanted, root=target or CACHE)
    if target:
        screen.say(f"{target} is complete: `rubric --env {cloud.env} mirror --from {target}` uploads it")
        return
    root = source or CACHE
    _refuse(cloud, {part.what: folder.faults(root, part) for part in wanted}, where=str(root))
    with shown() as transfers:
        for part in wanted:
            count = bucket.fill(root, part, transfers)
            screen.say(f"{part.what}: {f'{count} files uploaded' if count else 'there already'}")
    if not cloud.settings.isolated_training:
        screen.say("Training jobs have a network here and do not use the mirror: set training.isolated and deploy")


def _download(wanted: list[Part], *, root: Path) -> None:
    with shown() as transfers:
        for part in wanted:
            changed = folder.fill(root, part, transfers)
            screen.say(f"{part.what}: {'downloaded and checked' if changed else f'there already, in {root}'}")


def _check(cloud: Cloud, wanted: list[Part], *, root: Path | None) -> None:
    if root:
        found, where = {part.what: folder.faults(root, part) for part in wanted}, str(root)
    else:
        bucket = _bucket(cloud)
        found, where = {part.what: bucket.faults(part) for part in wanted}, "the bucket"
    for what, faults in found.items():
        screen.line(f"{'ok' if not faults else 'lacking':<8} {what}")
        for fault in faults:
            screen.point(fault)
    if any(found.values()):
        raise typer.Exit(FAILED)
    screen.say(f"{where} has all that isolated training needs")


def _refuse(cloud: Cloud, found: dict[str, list[str]], *, where: str) -> None:
    """Raise OpsError for the first fault of a folder, before anything is uploaded."""
    for what, faults in found.items():
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise OpsError(
                f"{where} does not have {what}: {faults[0]}{more}. `rubric --env {cloud.env} mirror --to FOLDER` makes "
                "such a folder where there is internet"
            )


def _bucket(cloud: Cloud) -> Bucket:
    name = cloud.stacks.get(stack_outputs.ARTIFACT_BUCKET_NAME)
    if name is None:
        raise OpsError(before_the_bucket(cloud.settings.stack_name("Data"), cloud.env), status=NOT_FOUND)
    return Bucket(cloud.client("s3"), name)


def before_the_bucket(stack: str, env: str) -> str:
    """What to do while there is no bucket for the mirror."""
    return (
        f"The mirror is in a bucket of {stack}, which is not deployed yet: "
        f"`make deploy ENV={env} STACKS={stack} PREFLIGHT=off` deploys it alone, then run this again"
    )
