"""`rubric batch`."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.batch import pipeline
from ops.batch.pipeline import Outcome, Request
from ops.batch.verify import Report
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
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
    instance_type: Annotated[
        str | None, typer.Option(help="Instance type of the job (default: the endpoint's).", show_default=False)
    ] = None,
    instance_count: Annotated[int, typer.Option(min=1, max=100, help="Instances; each takes whole files.")] = 1,
    job: Annotated[
        str | None,
        typer.Option(metavar="JOB", help="Watch and check this job, started earlier for the same IN and OUT."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace existing answers.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain lines instead of progress bars (the default when piped).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Classify files of texts with the model that serves, by a SageMaker transform job; the endpoint is not called.

    IN has one text a line: JSON lines ({"inputs": "text"}), or CSV without a header. Each file's answers go to <its
    name>.out in OUT, line for line. Lines that were not answered go to failed.jsonl there, with the reason. Existing
    files are replaced only if you agree.

    \b
    rubric batch s3://bucket/headlines/ s3://bucket/answers/
    rubric batch s3://bucket/headlines/ s3://bucket/answers/ --instance-count 4
    rubric batch headlines.csv answers.jsonl                   # files on this machine, through S3
    """
    cloud: Cloud = context.obj
    request = Request(
        source=source,
        output=output,
        content_type=content_type,
        instance_type=instance_type,
        instance_count=instance_count,
        job=job,
        force=force,
    )
    with stages(screen.err, plain=plain) as view:
        outcome = pipeline.perform(
            cloud, request, show=view.show, started=lambda name: screen.say(f"transform job {name}")
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
