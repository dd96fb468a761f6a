"""`rubric erase`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.deployment.cloud import Cloud
from ops.erase import erasure
from ops.erase.erasure import STORES, Erasure, ErasureResult
from ops.erase.targets import LONGEST_ID, Target, of_text
from ops.errors import NOT_FOUND, USAGE, OpsError
from ops.terminal import screen
from ops.terminal.confirm import confirm
from ops.terminal.progress_views import CountView


def erase(
    context: typer.Context,
    key: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Everything a caller has sent so far, by its key_id.")
    ] = None,
    request: Annotated[list[str] | None, typer.Option(metavar="ID", help="The texts of one request.")] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="A file with one text, whoever sent it, ignoring case and white space; - reads standard input.",
        ),
    ] = None,
    sha256: Annotated[
        list[str] | None, typer.Option(metavar="HEX", help="A text by the SHA-256 of its exact UTF-8 bytes.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Everything with a tombstone, for example after a restore.")
    ] = False,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="STORE", help=f"Leave out a store: {', '.join(STORES)}.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; erase nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without counting and confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Erase people's texts: by the key or request that they came with, or by the text itself.

    It first counts in every store and asks. Then it erases from the request log and its dead letters, kept answers,
    examples, data capture, batch files, datasets and evaluations, in all their versions, and lists what it does not
    reach, such as backups and model weights. Tombstones (ids and hashes) keep the texts from coming back. You can run
    it again at any time, even after it was killed.

    \b
    rubric erase --request JKJaXmPLvHcESHA= --dry-run
    rubric erase --key k4mz7q2abc                     a caller's texts; revoke its key first
    rubric erase --text complaint.txt --skip datasets
    rubric erase --again --yes --json                 in a scheduled job, or after a restore

    The texts of a key or request come from the request log: if data.request_log_text is hash, only exact copies of
    them are found elsewhere; if it is drop, none are. See docs/data-retention.md.
    """
    cloud: Cloud = context.obj
    targets = _targets(keys=key or [], requests=request or [], files=text or [], hashes=sha256 or [], again=again)
    wrong = next((one for one in skip or [] if one not in STORES), None)
    if wrong is not None:
        raise OpsError(f"--skip {wrong[:40]!r} is not a store; the stores are {', '.join(STORES)}", status=USAGE)
    job = Erasure(cloud, targets, skip=skip or [], show=CountView(screen.err).show)
    if not job.targets:
        raise OpsError("There is no previous erasure to repeat: no tombstones are left", status=NOT_FOUND)
    if dry_run or not yes:
        counted = job.survey()
        if dry_run or not as_json:
            _show(counted, applied=False, as_json=as_json)
        if dry_run:
            _conclude(counted)
            return
        confirm("Erased texts cannot be recovered.", yes=False)
    outcome = job.erase()
    _show(outcome, applied=True, as_json=as_json)
    _conclude(outcome)


def _targets(*, keys: list[str], requests: list[str], files: list[str], hashes: list[str], again: bool) -> list[Target]:
    """The targets that the options name; [] with --again. OpsError for options that make no sense."""
    if again == bool(keys or requests or files or hashes):
        raise OpsError("Name what to erase: --key, --request, --text, --sha256, or --again alone", status=USAGE)
    at = erasure.now()
    targets = [Target("key", _id(one, "--key"), at) for one in keys]
    targets += [Target("request", _id(one, "--request"), at) for one in requests]
    for one in hashes:
        if not re.fullmatch(r"[0-9A-Fa-f]{64}", one):
            raise OpsError(f"--sha256 {one[:14]!r} is not a SHA-256: 64 hex digits", status=USAGE)
        targets.append(Target("text", one.lower(), at))
    for one in files:
        targets += of_text(_read(one), at=at)
    return targets


def _id(value: str, option: str) -> str:
    if not value or len(f"request#{value}".encode()) > LONGEST_ID:
        raise OpsError(f"{option} {value[:14]!r} is not an id of the request log", status=USAGE)
    return value


def _read(name: str) -> str:
    """A file's text without the final newline, which editors add."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = raw.decode()
    except OSError as error:
        raise OpsError(f"--text {name}: {error.strerror}", status=USAGE) from None
    except UnicodeDecodeError:
        raise OpsError(f"--text {name} is not UTF-8", status=USAGE) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise OpsError(f"--text {name} is empty", status=USAGE)
    return text


def _show(outcome: ErasureResult, *, applied: bool, as_json: bool) -> None:
    if as_json:
        screen.print_json({"erased": applied, **outcome.document()})
        return
    rows = [
        [report.store, f"{report.looked_at:,}", f"{report.found:,}", f"{report.erased:,}" if applied else "-"]
        for report in outcome.reports
    ]
    screen.table("Store", "Looked at", "Found", "Erased", rows=rows, numeric=("Looked at", "Found", "Erased"))
    for report in outcome.reports:
        if report.note:
            screen.point(f"{report.store}: {report.note}")
    screen.heading("Not erased")
    for sentence in outcome.leftovers:
        screen.point(sentence)


def _conclude(outcome: ErasureResult) -> None:
    """OpsError if a store was not erased completely."""
    problems = outcome.problems
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise OpsError("Some stores could not be searched completely: " + "; ".join(problems[:5]) + more)
