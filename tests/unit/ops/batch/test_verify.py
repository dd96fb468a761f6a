"""Tests the line-by-line check of answers against texts."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import pytest

from ops.batch.locations import File
from ops.batch.validate import Counted
from ops.batch.verify import check
from tests.unit.ops.batches import REFUSED, answer


class Checked:
    """A check of one file here, whose texts and answers are lists of lines."""

    def __init__(self, folder: Path, texts: list[str], answers: list[str] | None, reason: str = "") -> None:
        source, target = folder / "a.csv", folder / "a.csv.out"
        source.write_text("".join(f"{text}\n" for text in texts))
        result = {}
        if answers is not None:
            target.write_text("".join(f"{line}\n" for line in answers))
            result["a.csv"] = File("a.csv.out", 1, target)
        counted = Counted(File("a.csv", 1, source), len(texts), sum(not text.strip() for text in texts))
        failed = io.StringIO()
        self.report = check(
            [counted], result, s3=None, reasons={"a.csv": reason}, failed=failed, show=lambda progress: None
        )
        self.failed = [json.loads(line) for line in failed.getvalue().splitlines()]


def test_every_line_has_an_answer(tmp_path: Path) -> None:
    several = json.dumps({"predictions": [json.loads(answer("A")), json.loads(answer("B"))]})
    # Putting the answers of requests together may leave a blank line between them.
    done = Checked(tmp_path, ["one", "two", "three"], [answer("A"), "", several, answer("A")])
    assert done.report.is_whole and done.report.answered == 3
    assert done.report.labels == Counter(A=3, B=1) and done.failed == []


def test_refused_lines_are_put_aside_with_their_reasons(tmp_path: Path) -> None:
    done = Checked(tmp_path, ["one", "two", "three", "four"], [answer("A"), REFUSED, "<html>", "[" * 100_000])
    assert (done.report.answered, done.report.failed, done.report.missing) == (1, 3, 0)
    assert not done.report.is_whole
    assert done.failed[0] == {
        "file": "a.csv", "line": 2, "input": "two",
        "error": {"code": "missing_inputs", "message": "expected an object"},
    }  # fmt: skip
    assert (done.failed[1]["line"], done.failed[1]["error"]["code"]) == (3, "unreadable_answer")


@pytest.mark.parametrize(("answers", "missing", "shown"), [(1, 2, "3 lines but 1 answers"), (4, 0, "3 lines but 4")])
def test_too_few_and_too_many_answers_are_seen(tmp_path: Path, answers: int, missing: int, shown: str) -> None:
    done = Checked(tmp_path, ["one", "two", "three"], [answer("A")] * answers)
    assert (done.report.missing, done.report.is_whole) == (missing, False)
    assert shown in done.report.problems[0]


def test_a_service_that_leaves_blank_lines_out_moves_nothing(tmp_path: Path) -> None:
    done = Checked(tmp_path, ["one", "", "three"], [answer("A"), answer("C")])
    assert (done.report.answered, done.report.failed, done.report.missing) == (2, 1, 0)
    assert (done.failed[0]["line"], done.failed[0]["error"]["code"]) == (2, "empty_line")
    kept = Checked(tmp_path, ["one", "", "three"], [answer("A"), REFUSED, answer("C")])
    assert kept.failed[0]["line"] == 2 and kept.report.labels == Counter(A=1, C=1)


def test_a_file_without_answers_has_its_reason(tmp_path: Path) -> None:
    done = Checked(tmp_path, ["one", "two"], None, reason="ClientError: 400")
    assert (done.report.missing, done.report.problems) == (2, ["a.csv has no answers: ClientError: 400"])
    assert done.failed == [
        {"file": "a.csv", "line": None, "input": None, "error": {"code": "file_failed", "message": "ClientError: 400"}}
    ]
