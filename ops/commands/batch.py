"""`rubric batch`."""

from __future__ import annotations

from typing import Annotated

import typer

from contracts.api.listing import MAX_TOP_K, MIN_TOP_K
from ops.batch import pipeline
from ops.batch.listing import Listing
from ops.batch.pipeline import Outcome, Request
from ops.batch.verify import Report
from ops.budget.option import Price
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError
from ops.terminal import screen
from ops.terminal.progress_views import stages

SHOWN_PROBLEMS = 3


def batch(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IN", help="Texts: an S3 object or folder, or a file here.")],
    output: Annotated[str, typer.Argument(metavar="OUT", help="Answers: an S3 folder, or a folder or file here.")],
    content_type: Annotated[
        str | None,
        typer.Option(metavar="jsonlines|csv", help="The format of IN, if its name does not end in .jsonl or .csv."),
    ] = None,
    text_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="IN is a table (CSV, TSV, JSON, Parquet, Excel ...): its column of texts."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="A table's encoding, if it is not UTF-8.")] = "",
    no_header: Annotated[bool, typer.Option("--no-header", help="The first line of a CSV file is a text.")] = False,
    instance_type: Annotated[
        str | None, typer.Option(help="Instance type of the job (default: the endpoint's).", show_default=False)
    ] = None,
    instance_count: Annotated[int, typer.Option(min=1, max=100, help="Instances; each takes whole files.")] = 1,
    job: Annotated[
        str | None,
        typer.Option(metavar="JOB", help="Watch and check this job, started earlier for the same IN and OUT."),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            min=MIN_TOP_K,
            max=MAX_TOP_K,
            help="How many labels an answer on this machine lists (default: all).",
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Below this probability such an answer is uncertain.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace existing answers.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain lines instead of progress bars (the default when piped).")
    ] = False,
    price: Price = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Classify files of texts with the model that serves, by a SageMaker transform job; the endpoint is not called.

    IN has one text a line: JSON lines ({"inputs": "text"}), or CSV without a header; or it is a table with a
    --text-column. Each file's answers go to <its name>.out in OUT, line for line, or row for row. Those that were not
    answered go to failed.jsonl there, with the reason. Existing files are replaced only if you agree.

    \b
    rubric batch s3://bucket/texts/ s3://bucket/answers/
    rubric batch s3://bucket/texts/ s3://bucket/answers/ --instance-count 4
    rubric batch texts.csv answers.jsonl                   # files on this machine, through S3
    rubric batch tickets.xlsx answers.jsonl --text-column text
    """
    cloud: Cloud = context.obj
    if text_column is not None and content_type is not None:
        raise OpsError("--content-type is of a file of lines, --text-column of a table: give one", status=USAGE)
    request = Request(
        source=source,
        output=output,
        content_type=content_type,
        text_column=text_column,
        encoding=encoding,
        is_headless=no_header,
        instance_type=instance_type,
        instance_count=instance_count,
        job=job,
        force=force,
        listing=Listing(top_k=top_k, threshold=threshold),
    )
    with stages(screen.err, plain=plain) as view:
        outcome = pipeline.perform(
            cloud, request, show=view.show, started=lambda name: screen.say(f"transform job {name}"), price=price
        )
    if as_json:
        screen.print_json(_as_json(outcome))
    else:
        _print(outcome.report)
    screen.say(conclusion(outcome))


def conclusion(outcome: Outcome) -> str:
    """The result of a batch in one sentence; OpsError unless every line was answered."""
    report, where = outcome.report, f"answers are in {outcome.output}"
    if report.is_whole:
        took = screen.duration(outcome.status.seconds)
        return f"All {report.lines:,} lines are answered, in {took} on the instances; {where}"
    problems = ["the job was stopped"] if outcome.status.status == "Stopped" else []
    problems += report.problems
    more = len(problems) - SHOWN_PROBLEMS
    shown = "; ".join(problems[:SHOWN_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
    raise OpsError(
        f"{report.answered:,} of {report.lines:,} lines are answered, {report.failed:,} were refused and "
        f"{report.missing:,} have no answer: {where}, reasons in {outcome.failed}" + (f" ({shown})" if shown else "")
    )


def _as_json(outcome: Outcome) -> dict[str, object]:
    where = {"job": outcome.job, "output": outcome.output, "failed_lines": outcome.failed}
    return {**where, "status": outcome.status.status, "seconds": outcome.status.seconds, **vars(outcome.report)}


def _print(report: Report) -> None:
    total = report.labels.total()
    rows = [[label, f"{count:,}", screen.percent(count / total)] for label, count in report.labels.most_common()]
    if rows:
        screen.table("label", "texts", "share", rows=rows, numeric=("texts", "share"))
