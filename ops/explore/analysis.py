"""The exploratory analysis, run in the model environment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.progress import Progress
from ops.explore import model_process

SCRIPT = model_process.SCRIPTS / "explore.py"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to analyse. An empty column name means that the analysis recognises the column."""

    file: Path
    text_column: str = ""
    label_column: str = ""
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
        yield from model_process.run(SCRIPT, _arguments(request, result, page), folder=Path(folder))
        yield Analysed(json.loads(result.read_text(encoding="utf-8")), page.read_bytes())


def _arguments(request: Request, result: Path, page: Path) -> list[str]:
    arguments = [str(request.file), "--json", str(result), "--html", str(page), "--terms", str(request.terms)]
    for option, value in (
        ("--text-column", request.text_column),
        ("--label-column", request.label_column),
        ("--base-model", request.base_model),
    ):
        if value:
            arguments += [option, str(value)]
    return arguments
