"""Suggestions for a dataset, made in the model environment: labels that look wrong, and texts to label next."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.models.progress import Progress
from contracts.texts.label_mapping import LabelMapping
from ops.explore import model_process
from ops.explore.labels import written

SCRIPT = model_process.SCRIPTS / "suggest.py"
CHECK, LABEL = "check the label", "label next"
COLUMNS = (
    "suggestion",
    "rank",
    "file",
    "line",
    "given",
    "likely",
    "probability_given",
    "probability_likely",
    "margin",
    "priority",
    "text",
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to look at. An empty column name means that the column is recognised; count: of texts to label next."""

    file: Path
    unlabelled: Path | None = None
    text_column: str = ""
    label_column: str = ""
    encoding: str = ""
    labels: LabelMapping | None = None
    count: int = 50


@dataclass(frozen=True)
class Suggested:
    """The finished suggestions, as `model_code/training/suggest.py` describes them."""

    suggestions: dict[str, Any] = field(default_factory=dict)


def run(request: Request) -> Generator[Progress | Suggested]:
    """Yield progress, then the suggestions. Raises OpsError with the script's message if it refuses the file."""
    with tempfile.TemporaryDirectory(prefix="rubric-suggest-") as folder:
        result = Path(folder) / "suggestions.json"
        labels = written(request.labels, Path(folder))
        yield from model_process.run(SCRIPT, _arguments(request, result, labels), folder=Path(folder))
        yield Suggested(json.loads(result.read_text(encoding="utf-8")))


def as_csv(suggestions: Mapping[str, Any]) -> str:
    """All suggestions as one CSV table with the columns COLUMNS; texts and labels are as they are in the dataset."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore")
    table.writeheader()
    for name, key, file in ((CHECK, "suspects", "file"), (LABEL, "next", "unlabelled_file")):
        for rank, each in enumerate(suggestions[key], 1):
            table.writerow({**each, "suggestion": name, "rank": rank, "file": suggestions[file]})
    return out.getvalue()


def _arguments(request: Request, result: Path, labels: Path | None) -> list[str]:
    arguments = [str(request.file), "--json", str(result), "--count", str(request.count)]
    for option, value in (
        ("--unlabelled", request.unlabelled),
        ("--text-column", request.text_column),
        ("--label-column", request.label_column),
        ("--encoding", request.encoding),
        ("--labels", labels),
    ):
        if value:
            arguments.append(f"{option}={value}")  # one word: a value may begin with a hyphen
    return arguments
