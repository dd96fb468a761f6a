"""`rubric data`: dataset versions, and the ledger that they are made of."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from contracts.deployment import stack_outputs
from ops.api import keys
from ops.commands.data_review import AsJson, Rows, folded, review
from ops.datasets import backfill as backfills
from ops.datasets import differences, stores, views
from ops.deployment.cloud import Cloud
from ops.erase import tables
from ops.explore import folding
from ops.explore.folding import Next
from ops.terminal import files, screen
from ops.terminal.progress_views import CountView

NEXT = "next"

app = typer.Typer(no_args_is_help=True)

_Dataset = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A file, a folder or an S3 address whose rows join the newest version, or make the first one (default: "
        "the environment's dataset).",
        show_default=False,
    ),
]


@app.callback()
def data() -> None:
    """Turn the labels that come in into datasets: review them, freeze a version, train on it.

    Every label of POST /v1/examples, POST /v1/feedback and the console's page Label is an event in a ledger. A text is
    one row; its label is the newest trusted one. What is doubtful waits: labels that disagree, that contradict the
    dataset or a near duplicate, and too many from one key that nobody vouched for.

    \b
    rubric data freeze               make the first version, v1, of the environment's dataset
    rubric data show next            what came in since, and what waits
    rubric data review               decide about the rows that wait
    rubric data freeze               make v2: v1 and what came in
    rubric data diff v1 v2           what changed
    rubric train --dataset latest    train on the newest version

    A row stays in its part (train, valid, test) from version to version, so models of different versions are compared
    on texts that none of them was trained on. See docs/datasets.md.
    """


@app.command("list")
def list_versions(context: typer.Context, as_json: AsJson = False) -> None:
    """List the dataset versions, newest first."""
    versions = stores.versions_of(context.obj)
    stored = [versions.read(name) for name in versions.names()]
    if as_json:
        screen.print_json([{**each.document(), "gone": not versions.has_rows(each)} for each in stored])
        return
    if not stored:
        screen.say(
            "There is no dataset version yet: `rubric data freeze` makes the first of the environment's dataset."
        )
        return
    views.versions(stored, gone={each.name for each in stored if not versions.has_rows(each)})


@app.command()
def show(
    context: typer.Context,
    version: Annotated[
        str, typer.Argument(metavar="[VERSION]", help="Such as v3, `latest`, or `next` for what a freeze would make.")
    ] = "latest",
    as_json: AsJson = False,
) -> None:
    """Show a version's rows by label, part and origin, and what is not in it and why.

    \b
    rubric data show            the newest version
    rubric data show next       what `rubric data freeze` would make now; changes nothing
    """
    if version == NEXT:
        following = folded(context.obj, dataset=None)
        if as_json:
            screen.print_json({**following.described, "pending": len(following.pending)})
        else:
            views.facts(following.described, parent=following.parent.name if following.parent else None)
            _remark(following)
        return
    stored = stores.versions_of(context.obj).read(version)
    if as_json:
        screen.print_json(stored.document())
        return
    parent = stored.manifest["parent"]
    screen.line(
        f"{stored.name}, frozen {stored.manifest['created']}" + (f", from {parent}" if parent else ""), bold=True
    )
    screen.line(f"manifest {stored.sha256}")
    screen.line("")
    views.facts(stored.manifest, parent=parent)


@app.command()
def freeze(context: typer.Context, dataset: _Dataset = None, as_json: AsJson = False) -> None:
    """Make a dataset version of the newest one and what came in since.

    A version never changes. New rows get a part: that of their near duplicates, or a new one in the same shares; a row
    that would join a test text to a training text is left out. Stopped at any point, this leaves a whole version or
    none; of two people who freeze at once, one is told to look again.

    \b
    rubric data freeze                       the first time: of the environment's dataset
    rubric data freeze --dataset more.csv    with the rows of a further file
    """
    cloud: Cloud = context.obj
    following = folded(cloud, dataset=dataset)
    if not following.changes and following.parent:
        screen.say(f"Nothing to freeze: {following.parent.name} has everything that is accepted.")
        _remark(following)
        return
    stored = folding.freeze(cloud, following)
    if as_json:
        screen.print_json(stored.document())
        return
    views.facts(stored.manifest, parent=stored.manifest["parent"])
    screen.say(f"{stored.name} is frozen. To train on it: rubric --env {cloud.env} train --dataset {stored.name}")


app.command()(review)


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="VERSION", help="A version.")],
    after: Annotated[str, typer.Argument(metavar="[VERSION]", help="A later one.")] = "latest",
    rows: Rows = 10,
    as_json: AsJson = False,
) -> None:
    """Show the rows that were added, removed, relabelled or moved between two versions.

    \b
    rubric data diff v1 v2
    """
    versions = stores.versions_of(context.obj)
    with tempfile.TemporaryDirectory(prefix="rubric-data-") as folder:
        paths = [Path(folder) / "before.csv", Path(folder) / "after.csv"]
        for name, path in zip((before, after), paths, strict=True):
            versions.download(versions.read(name), path)
        found = differences.between(*paths)
    if as_json:
        screen.print_json(found.document())
    else:
        views.difference(found, most=rows)


@app.command()
def export(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as v3, or `latest`.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The CSV file to write.")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
) -> None:
    """Write a version's rows to a CSV file, which training reads with its parts, too.

    \b
    rubric data export v3 --output v3.csv
    """
    versions = stores.versions_of(context.obj)
    stored = versions.read(version)
    files.Writer([files.named(output, option="--output")], force=force).bring(
        output, lambda part: versions.download(stored, part)
    )
    screen.say(f"{stored.name}: {stored.manifest['file']['rows']:,} rows in {output.resolve()}")


@app.command()
def backfill(context: typer.Context) -> None:
    """Take examples and feedback of before there was a ledger into it; once, after an update from an older release.

    What is in the ledger already is not taken twice, so it can be run again. Labels count as trusted if their key is
    trusted now. Texts that were erased are not there any more, and are not taken.

    \b
    rubric data backfill
    """
    cloud: Cloud = context.obj
    dynamodb, stacks, days = cloud.client("dynamodb"), cloud.stacks, cloud.settings.data.example_days
    table, view = stores.ledger_of(cloud), CountView(screen.err)
    infos = keys.listed(dynamodb, table=stacks.need(stack_outputs.API_KEYS_TABLE_NAME))
    trusted = {info.key_id for info in infos if info.limits.trusted}
    examples = tables.scan(dynamodb, stacks.need(stack_outputs.EXAMPLES_TABLE_NAME), *backfills.EXAMPLE_ATTRIBUTES)
    log = tables.scan(dynamodb, stacks.need(stack_outputs.REQUEST_LOG_TABLE_NAME), *backfills.FEEDBACK_ATTRIBUTES)
    looked, added = 0, 0
    for name, pages, events_of in (
        ("examples", examples, backfills.of_examples),
        ("feedback", log, backfills.of_feedback),
    ):
        for page in pages:
            looked += len(page)
            added += sum(map(table.add, events_of(iter(page), trusted=trusted, keep_days=days)))
            view.show(name, looked, added)
    screen.say(f"{added:,} labels were added to the ledger: `rubric data show next` shows what they give.")


def _remark(following: Next) -> None:
    if following.pending:
        screen.say(f"{len(following.pending):,} rows are not in it: `rubric data review` lists them.")
