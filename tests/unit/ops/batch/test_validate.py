"""Tests the validation of texts before a job starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.batch import validate
from ops.batch.locations import File
from ops.batch.validate import Counted
from ops.errors import OpsError


def read(path: Path, content: bytes, content_type: str = "text/csv") -> Counted:
    path.write_bytes(content)
    [counted] = validate.read([File(path.name, len(content), path)], content_type=content_type, s3=None)
    return counted


def test_lines_are_counted_and_harmless_ones_left_to_the_model(tmp_path: Path) -> None:
    counted = read(tmp_path / "a.csv", b'plain, with a comma\r\n"quoted, ""twice"""\n\nsay "hi"\nlast')
    assert (counted.lines, counted.blank) == (5, 1)
    assert read(tmp_path / "a.jsonl", b'{"inputs"\n"\n', "application/jsonlines").lines == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'"begins and goes on\n', "a quote that is not closed"),
        (b'x,"begins\n', "a quote that is not closed"),
        (b"two\rlines\n", "a carriage return"),
        (b"\xff\n", "is not UTF-8"),
        (b"x" * 1_100_000 + b"\n", "is longer than 1 MiB"),
        (b"x" * 200_000 + b"\n", "a field of more than"),
    ],
)
def test_a_line_that_would_spoil_its_neighbours_is_refused(tmp_path: Path, line: bytes, message: str) -> None:
    with pytest.raises(OpsError, match=rf"a\.csv line 2 .*{message}"):
        read(tmp_path / "a.csv", b"good\n" + line + b"good\n")
