"""`rubric suggest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ops.errors import USAGE, OpsError
from ops.explore.labels import Labels, mapping
from ops.explore.suggestions import Request, Suggested, as_csv, run
from ops.explore.suggestions_view import show
from ops.terminal import files, screen
from ops.terminal.progress_views import stages


def suggest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A dataset with a text and a label column.")],
    unlabelled: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file with texts to choose from for labelling (default: the rows of FILE without a label).",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write all suggestions to this .csv or .json.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing output.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all suggestions as one JSON object.")] = False,
    rows: Annotated[int, typer.Option(min=1, help="How many suggestions of each kind to print.")] = 20,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many texts to suggest for labelling.")] = 50,
    text_column: Annotated[str, typer.Option(help="The text column, if it is not recognised.")] = "",
    label_column: Annotated[str, typer.Option(help="The label column, if it is not recognised.")] = "",
    encoding: Annotated[str, typer.Option(help="The files' encoding, if it is not UTF-8.")] = "",
    labels: Labels = "",
) -> None:
    """Suggest rows whose labels look wrong, and texts to label next.

    It reads the file as training does, judges each row with a linear model that was not trained on it, and needs no
    AWS account.

    \b
    rubric suggest news.csv                              # labels to check, the most suspicious first
    rubric suggest news.csv --output suggestions.csv     # all of them, for a spreadsheet
    rubric suggest news.csv --unlabelled more.csv        # also the texts whose labels would help most
    rubric suggest news.csv --labels prod                # with the labels as its data.labels makes them
    rubric suggest news.csv --json | jq .wrong
    """
    writer = None
    if output:
        if output.suffix.lower() not in (".csv", ".json"):
            raise OpsError(f"--output {output}: the name must end in .csv or .json", status=USAGE)
        writer = files.Writer([files.named(output, option="--output")], force=force)
    request = Request(
        file=file,
        unlabelled=unlabelled,
        text_column=text_column,
        label_column=label_column,
        encoding=encoding,
        labels=mapping(labels),
        count=count,
    )
    suggestions: dict[str, Any] = {}
    with stages(screen.err) as view:
        for event in run(request):
            if isinstance(event, Suggested):
                suggestions = event.suggestions
            else:
                view.show(event)
    if output and writer:
        written = as_csv(suggestions) if output.suffix.lower() == ".csv" else screen.as_json(suggestions, indent=2)
        writer.write(output, written.encode("utf-8", "surrogatepass"))
    if as_json:
        screen.print_json(suggestions)
    else:
        show(suggestions, rows=rows)
    if output:
        screen.say(f"All suggestions: {output.resolve()}")
