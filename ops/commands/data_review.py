"""`rubric data review`, and how the commands of `rubric data` fold the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.datasets import reviews, stores, views
from ops.datasets.reviews import Decision
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.explore import folding
from ops.explore.folding import Next
from ops.terminal import files, screen
from ops.terminal.progress_views import stages

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Rows = Annotated[int, typer.Option(min=1, help="How many rows to print.")]


def review(
    context: typer.Context,
    row: Annotated[
        list[str] | None, typer.Argument(metavar="[ROW]...", help="Rows to decide about, by the letters of their id.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Give the rows this label.", show_default=False)] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Take the rows with the label that they have.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Leave the rows out of the next versions.")] = False,
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY_ID", help="All rows that wait because of this API key.", show_default=False),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all rows that wait to a table.", show_default=False)
    ] = None,
    apply: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Decide as the table's column `decision` says.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing table.")] = False,
    rows: Rows = 20,
    as_json: AsJson = False,
) -> None:
    """List the rows that wait or are quarantined, and decide about them. A decision is an event of the ledger, too.

    A row that waits keeps the label that it has in the newest version.

    \b
    rubric data review                              list them
    rubric data review 3f9a1c --label urgent        this row is urgent
    rubric data review 3f9a1c 77b0 --reject         leave these rows out
    rubric data review --key k4mz7q2abc --accept    take what this key sent
    rubric data review --csv waiting.csv            all of them, for a spreadsheet: a label or - in `decision`
    rubric data review --apply waiting.csv
    """
    cloud: Cloud = context.obj
    ways = [label is not None, accept, reject]
    if sum(ways) > 1 or (bool(row or key) != any(ways)) or (apply and (row or key or any(ways))):
        raise OpsError("Name rows (or --key) and one of --label, --accept and --reject; or --apply alone", status=USAGE)
    writer = files.Writer([files.named(csv, option="--csv")], force=force) if csv else None
    following = folded(cloud, dataset=None)
    decisions = _decisions(following, row or [], label=label, accept=accept, key=key, table=apply)
    if apply and not decisions:
        raise OpsError(f"--apply {apply} decides nothing: write a label, or -, in its column `decision`", status=USAGE)
    if decisions:
        _decide(cloud, following, decisions)
        return
    if csv and writer:
        # A mark, so that spreadsheets read it as UTF-8.
        writer.write(csv, reviews.as_csv(following.pending).encode("utf-8-sig", "surrogatepass"))
        screen.say(f"{len(following.pending):,} rows: {csv.resolve()}")
    elif as_json:
        screen.print_json(following.pending)
    elif not following.pending:
        screen.say("Nothing waits.")
    else:
        views.pending(following.pending, most=rows)


def folded(cloud: Cloud, *, dataset: str | None) -> Next:
    """The next version, with the progress on the terminal. dataset: rows that join the newest version."""
    with tempfile.TemporaryDirectory(prefix="rubric-data-") as folder, stages(screen.err) as view:
        for event in folding.fold(cloud, Path(folder), dataset=dataset):
            if isinstance(event, Next):
                return event
            view.show(event)
    raise AssertionError("folding ends with the next version or an error")


def _decisions(
    following: Next, rows: Sequence[str], *, label: str | None, accept: bool, key: str | None, table: Path | None
) -> list[Decision]:
    if table is not None:
        try:
            content = table.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise OpsError(f"--apply {table} is not UTF-8: save it as CSV UTF-8", status=USAGE) from None
        return list(reviews.from_csv(content, name=str(table)))
    chosen: list[dict[str, Any]] = [folding.find(following.pending, each) for each in rows]
    if key is not None:
        of_key = [each for each in following.pending if key in each["key_id"].split()]
        if not of_key:
            raise OpsError(f"No row waits because of the key {key[:20]!r}: `rubric data review --json` has the keys")
        chosen += of_key
    if accept and (undecided := next((each for each in chosen if not each["label"]), None)):
        raise OpsError(
            f"{undecided['row_id'][:12]} has no single label ({undecided['reason']}): give it one with --label"
        )
    return [Decision(each["row_id"], each["label"] if accept else label or "") for each in chosen]


def _decide(cloud: Cloud, following: Next, decisions: Sequence[Decision]) -> None:
    labels = sorted({label for of in following.described["counts"].values() for label in of})
    reviews.check(decisions, labels=labels, pending=following.pending)
    operator = str(cloud.client("sts").get_caller_identity()["Arn"])
    table, now = stores.ledger_of(cloud), datetime.now(UTC)
    for decision in decisions:
        table.put(reviews.event(decision, operator=operator, now=now, keep_days=cloud.settings.data.example_days))
    rows = f"{len(decisions):,} row{'s' if len(decisions) > 1 else ''}"
    screen.say(f"{rows} decided: the next version (`rubric data freeze`) takes this into account.")
