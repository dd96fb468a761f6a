"""`rubric features`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts.features.registry import ENTITIES
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.features import as_of as reading
from ops.features import labels
from ops.terminal import files, screen
from ops.terminal.progress_views import CountView

app = typer.Typer(no_args_is_help=True, help="The feature store: what was known of callers, publishers and texts.")


@app.callback()
def features() -> None:
    """The feature store: what was known of callers, publishers and texts."""


@app.command("as-of")
def as_of(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table with the columns entity, id and time.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The .csv to write.", show_default=False)],
    entity: Annotated[
        str, typer.Option(help=f"All rows are of this entity: {', '.join(ENTITIES)}.", show_default=False)
    ] = "",
    id_column: Annotated[str, typer.Option(help="The column with a key's id, a publisher's name or a text.")] = "id",
    time_column: Annotated[str, typer.Option(help="The column with the time, with its zone.")] = "time",
    by_event_time: Annotated[
        bool, typer.Option("--by-event-time", help="Also use what was written later of a time before, as late events.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
) -> None:
    """Add to each row of a table the features that were known at its time, never later ones: for training.

    By default they are what a request at that time could have read.

    \b
    rubric features as-of labels.csv --out features.csv
    rubric features as-of news.csv --entity publisher --id-column publisher --time-column created -o features.csv
    rubric features as-of news.csv --entity text --id-column text -o features.csv
    """
    cloud: Cloud = context.obj
    if entity and entity not in ENTITIES:
        raise OpsError(f"--entity {entity!r}: use one of {', '.join(ENTITIES)}", status=USAGE)
    if out.suffix.lower() != ".csv":
        raise OpsError(f"--out {out}: the name must end in .csv", status=USAGE)
    writer = files.Writer([files.named(out, option="--out")], force=force)
    columns = labels.Columns(entity=entity, id=id_column, time=time_column)
    table = labels.read(file, columns, now=datetime.now(UTC))
    view, total = CountView(screen.err), len(table.wanted)
    found = reading.known(
        cloud,
        table.wanted,
        by_event_time=by_event_time,
        show=lambda read: view.show(f"Reading features of {total:,} rows", read, read),
    )
    writer.write(out, reading.as_csv(table, found))
    unknown = sum(not values for values in found.values)
    screen.say(f"{out.resolve()}: {total:,} rows; nothing was known of {unknown:,} of them at their time")
