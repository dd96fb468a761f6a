"""Parses requests and formats answers, for both containers. No I/O."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.models.measures import Measures

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
SUM_TOLERANCE = 1e-3
CONTENT_TYPES = {
    JSON: JSON,
    JSON_LINES: JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
    "application/jsonl": JSON_LINES,
    CSV: CSV,
}


class RequestError(Exception):
    """The request cannot be answered; with an HTTP status, a short code and a message."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    def body(self) -> dict[str, Any]:
        """``{"error": {"code", "message"}}``."""
        return error_body(self.code, self.message)


class BadAnswerError(Exception):
    """The model's answer is not a distribution over the labels: our fault, not the caller's."""


class Probabilities(Protocol):
    """A matrix of shape (texts, labels)."""

    def tolist(self) -> Any:
        """Rows as lists of floats."""


@dataclass(frozen=True)
class Item:
    """One line (or the whole JSON body): its texts, whether they were a list, or the error."""

    texts: tuple[str, ...] = ()
    as_list: bool = False
    error: RequestError | None = None


@dataclass(frozen=True)
class Request:
    """A parsed request. ``items`` has one entry for JSON, and one for each line of JSON lines and CSV."""

    items: tuple[Item, ...]
    by_line: bool

    @property
    def texts(self) -> list[str]:
        """All texts in order."""
        return [text for item in self.items for text in item.texts]

    @property
    def answer_type(self) -> str:
        """The content type of the answer."""
        return JSON_LINES if self.by_line else JSON


def parse(body: bytes | str, content_type: str) -> Request:
    """Parse a body by its content type; RequestError when nothing in it can be answered.

    In JSON lines and CSV, a bad line becomes an Item with an error; the others are answered.
    """
    kind = CONTENT_TYPES.get((content_type or JSON).split(";")[0].strip().lower())
    if kind is None:
        raise RequestError(
            "unsupported_media_type",
            f"content type {content_type!r} is not supported; use one of: "
            + ", ".join(sorted({JSON, JSON_LINES, CSV})),
            status=415,
        )
    text = _text(body)
    if kind == JSON:
        item = _json_item(text)
        if item.error:
            raise item.error
        return Request((item,), by_line=False)
    items = tuple(map(_json_item, _lines(text))) if kind == JSON_LINES else tuple(_csv_items(text))
    if not items:
        raise RequestError("empty_request", "the body has no lines")
    return Request(items, by_line=True)


def format_answer(
    request: Request,
    probabilities: Probabilities,
    measures: Sequence[Measures],
    *,
    labels: Sequence[str],
    model_version: str,
) -> str:
    """The answer's body: ``probabilities`` and ``measures`` have a row for each of ``request.texts``.

    BadAnswerError when one of them is not finite or does not sum to 1.
    """
    rows = iter(zip(probabilities.tolist(), measures, strict=True))
    names = list(labels)
    answers: list[dict[str, Any]] = []
    for item in request.items:
        if item.error:
            answers.append(item.error.body())
            continue
        predictions = [_prediction(*next(rows), names, model_version) for _ in item.texts]
        answers.append({"predictions": predictions} if item.as_list else predictions[0])
    return "".join(_dump(answer) + "\n" for answer in answers) if request.by_line else _dump(answers[0])


def too_large(limit: int) -> RequestError:
    """413 with the limit in its message."""
    return RequestError("too_large", f"the body is larger than {limit} bytes", status=413)


def error_body(code: str, message: str) -> dict[str, Any]:
    """The body of every error."""
    return {"error": {"code": code, "message": message}}


def _prediction(row: list[float], measures: Measures, labels: list[str], model_version: str) -> dict[str, Any]:
    # A NaN makes the sum NaN, for which no comparison holds.
    if len(row) != len(labels) or not (min(row) >= 0 and math.fabs(sum(row) - 1) <= SUM_TOLERANCE):
        raise BadAnswerError("the model's answer is not a finite probability for each label, summing to 1")
    return {
        "predicted_label": labels[row.index(max(row))],
        "probabilities": [row],
        "labels": labels,
        "model_version": model_version,
        "measures": measures,
    }


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(body: bytes | str) -> str:
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    try:
        return bytes(body).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError("invalid_encoding", f"the body is not UTF-8: byte {error.start}") from error


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _json_item(text: str) -> Item:
    try:
        return _checked_item(json.loads(text))
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Item(error=RequestError("invalid_json", f"not valid JSON: {reason}"))


def _checked_item(value: Any) -> Item:
    if not isinstance(value, dict) or "inputs" not in value:
        return Item(error=RequestError("missing_inputs", 'expected an object {"inputs": "text" or ["text", ...]}'))
    inputs = value["inputs"]
    as_list = isinstance(inputs, list)
    texts = inputs if as_list else [inputs]
    if not texts:
        return Item(error=RequestError("empty_inputs", "inputs is an empty list"))
    for position, text in enumerate(texts):
        where = f"inputs[{position}]" if as_list else "inputs"
        if not isinstance(text, str):
            return Item(error=RequestError("invalid_inputs", f"{where} must be a string"))
        if problem := _problem(text):
            return Item(error=RequestError("invalid_inputs", f"{where} {problem}"))
    return Item(texts=tuple(texts), as_list=as_list)


def _problem(text: str) -> str:
    if not text.strip():
        return "is empty"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "contains half of a surrogate pair, which is not a character"
    return ""


def _csv_items(text: str) -> list[Item]:
    """One text per record. Commas outside quotes are part of the text, since a record has only one field."""
    csv.field_size_limit(2**31 - 1)  # a setting of the whole process, so set at each use; the body is limited already
    lines = io.StringIO(text, newline="").readlines()
    items: list[Item] = []
    records, end = csv.reader(lines), 0
    for fields in records:
        begin, end = end, records.line_num
        if end == len(lines) and _is_open(lines[begin:]):
            return items + _csv_items_by_line(lines[begin:])
        items.append(_csv_item(",".join(fields)))
    return items


def _csv_items_by_line(lines: list[str]) -> list[Item]:
    """Like _csv_items when the first record is never closed: a missing quote must not swallow the lines after it.

    Each line is read a fixed number of times, however many quotes are missing.
    """
    # For each line: where a record that reaches it inside quotes would end, at this line or later; None: nowhere.
    ends: list[int | None] = [None]
    for number in reversed(range(len(lines))):
        ends.append(ends[-1] if _is_open(['"' + lines[number]]) else number)
    ends.reverse()
    items: list[Item] = []
    start = 0
    while start < len(lines):
        end = ends[start + 1] if _is_open([lines[start]]) else start
        if end is None:
            items.append(Item(error=RequestError("invalid_csv", "the quote is never closed")))
            end = start
        else:
            items.append(_csv_item(",".join(next(csv.reader(lines[start : end + 1])))))
        start = end + 1
    return items


def _csv_item(text: str) -> Item:
    problem = _problem(text)
    return Item(error=RequestError("invalid_inputs", f"the line {problem}")) if problem else Item((text,))


def _is_open(record: list[str]) -> bool:
    """Whether the record (its lines) ends inside quotes, so the next line belongs to it."""
    return len(list(csv.reader([*record, "next"]))) == 1
