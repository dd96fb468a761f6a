"""A batch from end to end: read and stage the texts, run the job, check the answers and fetch them."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.budget import spending
from contracts.models.progress import Progress
from ops.batch import follow, locations, results, tables, transform, validate, verify
from ops.batch.job_log import BatchLog
from ops.batch.listing import ALL, Listing
from ops.batch.locations import Place, Source
from ops.batch.validate import Counted
from ops.batch.verify import Report
from ops.budget import amounts, ledger
from ops.budget.ledger import Reservation
from ops.deployment.cloud import Cloud
from ops.errors import USAGE, OpsError

Show = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """The requested batch. `job`: follow and check this job instead of starting one. `force`: replace files.

    `text_column`: IN is a table, whose texts are in this column. `is_headless`: a CSV file's first line is a text.
    `listing`: what answers list that come to this machine.
    """

    source: str
    output: str
    content_type: str | None = None
    text_column: str | None = None
    encoding: str = ""
    is_headless: bool = False
    instance_type: str | None = None
    instance_count: int = 1
    job: str | None = None
    force: bool = False
    listing: Listing = ALL


@dataclass(frozen=True)
class Outcome:
    """The result. `output` and `failed` are where the answers and the refused lines are."""

    job: str
    status: transform.Status
    report: Report
    output: str
    failed: str


def perform(
    cloud: Cloud, request: Request, *, show: Show, started: Callable[[str], None], price: float | None = None
) -> Outcome:
    """Run a batch; `show` receives its progress, `started` the job's name. OpsError if it cannot be started.

    price: what the job costs at most, US dollars, if a person said so.
    """
    s3 = cloud.client("s3")
    source = locations.find(s3, request.source)
    to = results.destination(request.output, source)
    if request.listing != ALL and isinstance(to.at, Place):
        raise OpsError(
            "--top-k and --threshold need OUT on this machine: answers in S3 are as the job wrote them", status=USAGE
        )
    if request.text_column is None:
        kind = locations.content_type(source.files, request.content_type)
        if kind == validate.CSV and not request.is_headless:
            tables.refuse_headers(source, s3)
        return _perform(cloud, request, source, {}, kind=kind, to=to, show=show, started=started, price=price)
    with tempfile.TemporaryDirectory(prefix="rubric-batch-") as folder:
        made, rows = tables.converted(
            source, text_column=request.text_column, encoding=request.encoding, s3=s3, folder=Path(folder)
        )
        kind = locations.NAMES["jsonlines"]
        return _perform(cloud, request, made, rows, kind=kind, to=to, show=show, started=started, price=price)


def _perform(
    cloud: Cloud,
    request: Request,
    source: Source,
    rows: dict[str, tables.Rows],
    *,
    kind: str,
    to: results.Destination,
    show: Show,
    started: Callable[[str], None],
    price: float | None,
) -> Outcome:
    s3 = cloud.client("s3")
    writer = results.writer(s3, source, to, force=request.force, goes_on=request.job is not None)
    if request.instance_count > len(source.files):
        raise OpsError(
            f"--instance-count {request.instance_count}: each instance takes whole files, and there are only "
            f"{len(source.files)}: split them or ask for fewer instances",
            status=USAGE,
        )
    deployed = transform.deployed(cloud)
    machine = transform.instance_type(cloud.client("sagemaker"), deployed, request.instance_type)
    job = request.job or transform.new_name(cloud.settings.prefix)
    where = transform.route(cloud, job, source=source, output=to.at)
    counted = [replace(each, rows=rows.get(each.file.name)) for each in _read(source, kind, s3, show)]
    reservation: Reservation | None = None
    if request.job is None:
        if where.is_source_staged:
            _stage(source, where.source, s3, show)
        reservation = _start(
            cloud, request, job, deployed=deployed, where=where, kind=kind, machine=machine, price=price
        )
    started(job)
    try:
        status = follow.follow(cloud, job, counted=counted, output=where.output, show=show)
    except KeyboardInterrupt:
        again = (
            f"rubric --env {cloud.env} batch {shlex.quote(request.source)} {shlex.quote(request.output)}"
            f"{_options(request)} --job {job}{request.listing.options}"
        )
        raise OpsError(f"The job keeps running. To watch and check it: {again}") from None
    if reservation is not None and status.seconds is not None:
        hours = status.seconds / 3600
        reservation.took(amounts.batch(cloud.settings, machine, instances=request.instance_count, hours=hours)[0])
    answers = results.fetch(s3, source, where.output, to, writer=writer, of=request.listing)
    is_whole = len(answers) == len(source.files)
    reasons = {} if is_whole else _reasons(cloud, job, source, where, status)
    with tempfile.TemporaryDirectory(prefix="rubric-batch-") as folder:
        failed = Path(folder) / results.FAILED
        with failed.open("w", encoding="utf-8") as lines:
            report = verify.check(counted, answers, s3=s3, reasons=reasons, failed=lines, show=show)
        failed_at = results.put_failed(s3, failed, to, writer=writer)
    return Outcome(job, status, report, output=str(to.at), failed=failed_at)


def _start(
    cloud: Cloud,
    request: Request,
    job: str,
    *,
    deployed: transform.Deployed,
    where: transform.Route,
    kind: str,
    machine: str,
    price: float | None,
) -> Reservation:
    """Start the job, if the month's budget allows it."""
    usd, unknown = (
        amounts.batch(cloud.settings, machine, instances=request.instance_count) if price is None else (price, "")
    )
    with ledger.reserved(cloud, kind=spending.BATCH, what="The batch", usd=usd, unknown=unknown) as reservation:
        transform.start(
            cloud,
            job,
            model=deployed.model,
            where=where,
            content_type=kind,
            instance_type=machine,
            instance_count=request.instance_count,
        )
        reservation.begun()
    return reservation


def _options(request: Request) -> str:
    """The options that say what IN is, for the same command again."""
    told = [("--text-column", request.text_column), ("--encoding", request.encoding)]
    told.append(("--content-type", request.content_type))
    given = "".join(f" {name} {shlex.quote(value)}" for name, value in told if value is not None and value != "")
    return given + (" --no-header" if request.is_headless else "")


def _read(source: Source, kind: str, s3: object, show: Show) -> list[Counted]:
    total = sum(file.size for file in source.files)

    def report(done: int) -> None:
        show(Progress("read", done, total, f"megabytes={done / 1e6:,.1f}"))

    return validate.read(source.files, content_type=kind, s3=s3, report=report)


def _stage(source: Source, place: Place, s3: object, show: Show) -> None:
    for number, file in enumerate(source.files, start=1):
        transform.stage(s3, file, place)
        show(Progress("upload", number, len(source.files), file.name))


def _reasons(
    cloud: Cloud, job: str, source: Source, where: transform.Route, status: transform.Status
) -> dict[str, str]:
    """Why files have no answers, by name (the job's log has the reasons by the key that the job read)."""
    failures = BatchLog(cloud.client("logs"), job=job).failures()
    folder = where.source.parent
    keys = {file.name: f"{folder.bucket}/{folder.below(file.name).key}" for file in source.files}
    return {name: failures.get(key) or status.reason or f"the job is {status.status}" for name, key in keys.items()}
