"""The first look at the texts: how many lines there are, and whether one of them would spoil the others."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ops.batch.locations import File
from ops.errors import OpsError

PAYLOAD_MB = 1
LONGEST = PAYLOAD_MB * 1024 * 1024 - 1
SHOWN = 3
CSV = "text/csv"
TOLD_EVERY = 10_000


@dataclass(frozen=True)
class Counted:
    """A file with its number of lines, and how many of those are blank."""

    file: File
    lines: int
    blank: int


def read(
    files: Iterable[File], *, content_type: str, s3: Any, told: Callable[[int], None] = lambda bytes_: None
) -> list[Counted]:
    """Count the lines, in constant memory; `told(bytes)` is called now and then with how much has been read.

    A model server takes many lines in one request, and a request that it cannot take apart fails the whole file. So
    OpsError for lines that would do that, with their numbers; a line that can be refused by itself is left to it.
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
                if lines % TOLD_EVERY == 0:
                    told(done)
        told(done)
        counted.append(Counted(file, lines, blank))
    if problems:
        raise OpsError(f"Fix these lines first: each would fail every line beside it: {'; '.join(problems)}")
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
    """Batch jobs cut a CSV file at its newlines, also at one within quotes."""
    try:
        records = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        return f"is not CSV ({error})"
    if len(records) != 1:
        return "has a carriage return in it"
    ends_open = any(field.endswith(("\n", "\r")) for field in records[0])
    return "has a quote that does not end on its line" if ends_open else ""
