"""Validating the input: how many lines there are, and whether one of them would fail others."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ops.batch.locations import File
from ops.batch.tables import Rows
from ops.errors import OpsError

PAYLOAD_MB = 1
LONGEST = PAYLOAD_MB * 1024 * 1024 - 1
SHOWN = 3
CSV = "text/csv"
REPORT_EVERY = 10_000


@dataclass(frozen=True)
class Counted:
    """A file with its number of lines, and how many of them are blank. `rows`: of the table that it was made from."""

    file: File
    lines: int
    blank: int
    rows: Rows | None = None


def read(
    files: Iterable[File], *, content_type: str, s3: Any, report: Callable[[int], None] = lambda bytes_: None
) -> list[Counted]:
    """Count the lines, in constant memory. Calls `report` from time to time with the number of bytes read.

    A model server takes many lines in one request, and a request that it cannot parse fails the whole file. Raises
    OpsError with the numbers of such lines. Lines that the server can refuse one by one are left to the server.
    """
    counted: list[Counted] = []
    problems: list[str] = []
    done = 0
    for file in files:
        lines = blank = 0
        with file.open(s3) as stream:
            for line in stream:
                lines += 1
                blank += not line.strip()
                done += len(line)
                problem = _problem(line, content_type)
                if problem and len(problems) < SHOWN:
                    problems.append(f"{file.name} line {lines} {problem}")
                if lines % REPORT_EVERY == 0:
                    report(done)
        report(done)
        counted.append(Counted(file, lines, blank))
    if problems:
        raise OpsError(f"Fix these lines first; each would fail its whole request: {'; '.join(problems)}")
    return counted


def _problem(line: bytes, content_type: str) -> str:
    if len(line) > LONGEST:
        return f"is longer than {PAYLOAD_MB} MiB"
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    if content_type == CSV and ('"' in text or "\r" in text.rstrip("\r\n")):
        return _csv_problem(text)
    if content_type == CSV and len(text) > csv.field_size_limit():
        return f"has a field of more than {csv.field_size_limit():,} characters"
    return ""


def _csv_problem(text: str) -> str:
    """Batch jobs split a CSV file at every newline, even within quotes."""
    try:
        records = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        return f"is not CSV ({error})"
    if len(records) != 1:
        return "contains a carriage return"
    ends_open = any(field.endswith(("\n", "\r")) for field in records[0])
    return "has a quote that is not closed on the same line" if ends_open else ""
