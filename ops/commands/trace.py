"""`rubric trace`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.terminal import screen
from ops.trace import request, view
from ops.trace import row as rows


def trace(
    context: typer.Context,
    request_id: Annotated[
        str | None, typer.Argument(metavar="[REQUEST_ID]", help="`request_id` of an answer.", show_default=False)
    ] = None,
    row: Annotated[
        str | None, typer.Option("--row", metavar="ROW_ID", help="A row of a dataset version or the ledger instead.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="The same, by its text, however it is spelt.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what an answer rests on: model, verdict, promotions, run, dataset version and the sources of its rows.

    With --row or --text, the other way round: the labels that came in for a text, the dataset versions that have it,
    and the models that learnt from it. No text is printed.

    \b
    rubric trace JKJaXmPLvHcESHA=
    rubric trace --text "A text that was classified"
    rubric --env prod trace --row 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --json
    """
    cloud: Cloud = context.obj
    if request_id is not None:
        if row is not None or text is not None:
            raise OpsError("give a request's id, --row or --text, and only one of them", status=USAGE)
        answered = request.trace(cloud, request_id)
        if as_json:
            screen.print_json(answered.document())
        else:
            view.answered(answered)
        return
    traced = rows.trace(cloud, rows.row_of(row_id=row, text=text))
    if as_json:
        screen.print_json(traced.document())
    else:
        view.row(traced)
