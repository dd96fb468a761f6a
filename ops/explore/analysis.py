"""The exploratory analysis, run in the model environment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.models.progress import Progress
from contracts.texts.label_mapping import LabelMapping
from ops.explore import model_process
from ops.explore.labels import written

SCRIPT = model_process.SCRIPTS / "explore.py"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to analyse. An empty column name means that the analysis recognises the column."""

    files: Sequence[Path]
    text_column: str = ""
    label_column: str = ""
    encoding: str = ""
    time_format: str = ""
    labels: LabelMapping | None = None
    base_model: Path | None = None
    terms: int = 12


@dataclass(frozen=True)
class Analysed:
    """The finished analysis as JSON, and the page with plots."""

    analysis: dict[str, Any] = field(default_factory=dict)
    page: bytes = b""


def run(request: Request) -> Generator[Progress | Analysed]:
    """Yield progress, then the analysis. Raises OpsError with the script's message if it refuses the file."""
    with tempfile.TemporaryDirectory(prefix="rubric-eda-") as folder:
        result, page = Path(folder) / "analysis.json", Path(folder) / "page.html"
        labels = written(request.labels, Path(folder))
        yield from model_process.run(SCRIPT, _arguments(request, result, page, labels), folder=Path(folder))
        yield Analysed(json.loads(result.read_text(encoding="utf-8")), page.read_bytes())


def _arguments(request: Request, result: Path, page: Path, labels: Path | None) -> list[str]:
    arguments = [*map(str, request.files), "--json", str(result), "--html", str(page), f"--terms={request.terms}"]
    for option, value in (
        ("--text-column", request.text_column),
        ("--label-column", request.label_column),
        ("--encoding", request.encoding),
        ("--time-format", request.time_format),
        ("--labels", labels),
        ("--base-model", request.base_model),
    ):
        if value:
            arguments.append(f"{option}={value}")  # one word: a value may begin with a hyphen
    return arguments
