"""Tables as input: the texts of one column, read as training reads them, as JSON lines for the job."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataset_files import columns, files, texts
from dataset_files.delimited import layout
from dataset_files.errors import FileError
from dataset_files.files import Content
from ops.batch.locations import File, Source
from ops.errors import OpsError

_LONGEST_NAME = 40


@dataclass(frozen=True)
class Rows:
    """A table's rows, each of which is a line of JSON: their own lines, and by place why a row has no text."""

    lines: list[int] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)


def converted(
    source: Source, *, text_column: str, encoding: str, s3: Any, folder: Path
) -> tuple[Source, dict[str, Rows]]:
    """JSON lines of the same names in ``folder``, and each one's rows. OpsError for a file that is not a table.

    A row that cannot be read is an empty text, so that each row has its answer's line.
    """
    made, rows = [], {}
    for number, file in enumerate(source.files):
        with file.open(s3) as stream:
            content = Content(Path(file.name).name, stream.read())
        target = folder / str(number)
        try:
            rows[file.name] = _write(content, target, text_column=text_column, encoding=encoding)
        except FileError as error:
            raise OpsError(_as_options(str(error))) from None
        made.append(File(file.name, target.stat().st_size, target))
    return Source(made, folder), rows


def _write(content: Content, target: Path, *, text_column: str, encoding: str) -> Rows:
    rows = Rows()
    with target.open("w", encoding="utf-8") as out:
        for inside in files.inside(content):
            for each in texts.of_file(inside, text_column=text_column, encoding=encoding):
                if each.reason:
                    rows.reasons[len(rows.lines)] = each.reason
                rows.lines.append(each.line)
                out.write(json.dumps({"inputs": each.text}) + "\n")
    if not rows.lines:
        raise FileError(file=content.name, line=0, problem="it has no rows", remedy="give it rows below its header")
    return rows


def header_of(line: bytes) -> str:
    """The usual name of a text column in a file's first line, if that is a header; "" if it may be a text."""
    text = line.decode("utf-8-sig", "replace").strip()
    for delimiter in layout.DELIMITERS:
        names = [name.strip().strip('"').strip() for name in text.split(delimiter)]
        is_header = all(name and len(name) <= _LONGEST_NAME and len(name.split()) == 1 for name in names)
        usual = [name for name in names if name.casefold() in columns.TEXT_COLUMNS]
        if is_header and usual:
            return usual[0]
    return ""


def refuse_headers(source: Source, s3: Any) -> None:
    """OpsError for a file whose first line is a header, which the model would classify like a text."""
    for file in source.files:
        with file.open(s3) as stream:
            name = header_of(stream.readline(10_000))
        if name:
            raise OpsError(
                f"{file.name} begins with a header that names the column {name!r}: classify that column with "
                f"--text-column {name}; if the line is a text, say so with --no-header"
            )


def _as_options(sentence: str) -> str:
    return sentence.replace("data.dataset.text_column", "--text-column").replace("data.dataset.encoding", "--encoding")
