"""Checks that every line has an answer, and lists the lines that were refused or have none, with the reasons."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import IO, Any, BinaryIO

from contracts.models.progress import Progress
from ops.batch.locations import File
from ops.batch.validate import Counted

STAGE = "check"
REPORT_EVERY = 10_000


@dataclass
class Report:
    """The result of a job. `failed` lines were refused by the model, `missing` ones have no answer at all.

    `labels` counts predicted labels, one for each text of a line.
    """

    files: int = 0
    lines: int = 0
    answered: int = 0
    failed: int = 0
    missing: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every line was answered."""
        return not (self.failed or self.missing or self.problems)


def check(
    counted: Sequence[Counted],
    answers: Mapping[str, File],
    *,
    s3: Any,
    reasons: Mapping[str, str],
    failed: IO[str],
    show: Callable[[Progress], None],
) -> Report:
    """Compare the answers with the input line by line, in constant memory.

    `answers` are by the names of the input files, `reasons` say why a file has none. Writes a JSON object to `failed`
    for each line that was not answered: file, line (from 1; null for a whole file), input and error.
    """
    report = Report(files=len(counted), lines=sum(item.lines for item in counted))
    for item in counted:
        file = answers.get(item.file.name)
        if file is None:
            report.missing += item.lines
            reason = reasons.get(item.file.name) or "the job ended without answering it"
            report.problems.append(f"{item.file.name} has no answers: {reason}")
            _note(failed, item.file, None, {"code": "file_failed", "message": reason}, None)
            continue
        _check_file(item, file, report, s3=s3, failed=failed, show=show)
    show(Progress(STAGE, report.lines, report.lines))
    return report


def _check_file(
    item: Counted, file: File, report: Report, *, s3: Any, failed: IO[str], show: Callable[[Progress], None]
) -> None:
    skips_blank = item.blank > 0 and _count(file, s3) == item.lines - item.blank
    missing = extra = 0
    with item.file.open(s3) as texts, file.open(s3) as stream:
        for number, (text, answer) in enumerate(_pairs(texts, _answers(stream), skips_blank=skips_blank), start=1):
            if answer is None:
                missing += 1
            elif text is None:
                extra += 1
            else:
                error = _error(answer, report.labels)
                report.answered += error is None
                if error is not None:
                    report.failed += 1
                    _note(failed, item.file, *_place(item, number, error), text)
            if number % REPORT_EVERY == 0:
                show(Progress(STAGE, report.answered + report.failed, report.lines))
    report.missing += missing
    if missing or extra:
        report.problems.append(
            f"{item.file.name} has {item.lines:,} lines but {item.lines - missing + extra:,} answers, so it "
            "is not certain which belong together"
        )


def _pairs(
    texts: Iterable[bytes], answers: Iterator[bytes], *, skips_blank: bool
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Each line with its answer; None on the side that has fewer."""
    if not skips_blank:
        yield from zip_longest(texts, answers)
        return
    blank = json.dumps({"error": {"code": "empty_line", "message": "the line is empty"}}).encode()
    for text in texts:
        yield text, next(answers, None) if text.strip() else blank


def _answers(stream: BinaryIO) -> Iterator[bytes]:
    """Lines without the blank ones that SageMaker may leave between joined answers."""
    return (line for line in stream if line.strip())


def _count(file: File, s3: Any) -> int:
    with file.open(s3) as stream:
        return sum(1 for _ in _answers(stream))


def _error(answer: bytes, labels: Counter[str]) -> Any:
    """The error in an answer. For a prediction, counts its labels and returns None."""
    try:
        decoded = json.loads(answer)
        if "error" in decoded:
            return decoded["error"]
        for prediction in decoded.get("predictions", [decoded]):
            labels[str(prediction["predicted_label"])] += 1
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {"code": "unreadable_answer", "message": answer[:500].decode("utf-8", "replace").strip()}
    return None


def _place(item: Counted, number: int, error: Any) -> tuple[int, Any]:
    """The line of IN that a line of the job is, and its error: of a table's row, why it could not be read."""
    if item.rows is None:
        return number, error
    reason = item.rows.reasons.get(number - 1)
    return item.rows.lines[number - 1], {"code": "unreadable_row", "message": reason} if reason else error


def _note(failed: IO[str], file: File, line: int | None, error: Any, text: bytes | None) -> None:
    content = None if text is None else text.decode("utf-8", "replace").rstrip("\r\n")
    entry = {"file": file.name, "line": line, "input": content, "error": error}
    failed.write(json.dumps(entry, ensure_ascii=False) + "\n")
