"""`rubric eda`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dataset_files.times import times
from ops.errors import USAGE, OpsError
from ops.explore.analysis import Analysed, Request, run
from ops.explore.labels import Labels, mapping
from ops.explore.summary_view import show
from ops.terminal import files, screen
from ops.terminal.progress_views import stages


def eda(
    files_: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files, or folders of files, with a text and a label column."),
    ],
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File for the page with plots (default: <name>-eda.html in this folder).",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole analysis as one JSON object.")] = False,
    text_column: Annotated[str, typer.Option(help="The text column, if it is not recognised.")] = "",
    label_column: Annotated[str, typer.Option(help="The label column, if it is not recognised.")] = "",
    encoding: Annotated[str, typer.Option(help="The file's encoding, if it is not UTF-8.")] = "",
    time_format: Annotated[
        str, typer.Option(metavar=f"[{'|'.join(times.FORMATS)}]", help="How to read times that have two readings.")
    ] = "",
    labels: Labels = "",
    base_model: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Count word pieces with this pretrained model's tokenizer.", show_default=False
        ),
    ] = None,
    terms: Annotated[int, typer.Option(min=1, max=50, help="How many distinctive terms to show for each label.")] = 12,
) -> None:
    """Explore a dataset before a deployment: labels, lengths, copies, leak, distinctive terms, publishers, time.

    It reads files as training does (CSV, TSV, JSON, JSON lines, Parquet, Excel, compressed or not), and needs no AWS
    account.

    \b
    rubric eda news.csv                            # a summary here, and a page with plots
    rubric eda news.csv --html /tmp/news.html
    rubric eda news.csv --json | jq .leak
    rubric eda news.csv --labels prod              # with the labels as its data.labels makes them
    """
    file = files_[0]
    if time_format not in ("", *times.FORMATS):
        raise OpsError(f"--time-format {time_format!r}: must be one of {', '.join(times.FORMATS)}", status=USAGE)
    page = files.named(html or Path(f"{file.name.rpartition('.')[0] or file.name}-eda.html"), option="--html")
    writer = files.Writer([page], force=force)
    request = Request(
        files=files_,
        text_column=text_column,
        label_column=label_column,
        encoding=encoding,
        time_format=time_format,
        labels=mapping(labels),
        base_model=base_model,
        terms=terms,
    )
    analysis: dict[str, object] = {}
    with stages(screen.err) as view:
        for event in run(request):
            if isinstance(event, Analysed):
                analysis = event.analysis
                writer.write(page, event.page)
            else:
                view.show(event)
    if as_json:
        screen.print_json(analysis)
    else:
        show(analysis)
    screen.say(f"Page with plots: {page.resolve()}")
