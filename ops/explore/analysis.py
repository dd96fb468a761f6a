"""The exploratory analysis, run as a process in the model environment, whose packages this command does not have."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from contracts import progress
from contracts.label_mapping import LabelMapping
from contracts.progress import Progress
from ops.deployment.cloud import ROOT
from ops.errors import OpsError

SCRIPT = ROOT / "model_code" / "training" / "explore.py"
LAST_WORDS = 300


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


def python(root: Path = ROOT) -> str:
    """The model environment's Python: RUBRIC_MODEL_PYTHON, or `make setup`'s. Raises OpsError if there is none."""
    override = os.environ.get("RUBRIC_MODEL_PYTHON")
    path = Path(override) if override else root / ".venv-model" / "bin" / "python"
    if not path.is_file():
        whose = "RUBRIC_MODEL_PYTHON" if override else "the model environment's Python"
        raise OpsError(f"There is no Python at {path} ({whose}): `make setup` creates .venv-model")
    return str(path)


def run(request: Request) -> Generator[Progress | Analysed]:
    """Yield progress, then the analysis. Raises OpsError with the script's message if it refuses the file."""
    with tempfile.TemporaryDirectory(prefix="rubric-eda-") as folder:
        result = Path(folder) / "analysis.json"
        page, errors = Path(folder) / "page.html", Path(folder) / "errors"
        labels = Path(folder) / "labels.json" if request.labels else None
        if labels and request.labels:
            labels.write_text(request.labels.to_json(), encoding="utf-8")
        command = _command(request, result, page, labels)
        with errors.open("w", encoding="utf-8") as stderr, _started(command, stderr) as process:
            assert process.stdout is not None
            for line in process.stdout:
                event = progress.read(line)
                if event:
                    yield event
            status = process.wait()
        if status:
            raise OpsError(_reason(errors.read_text(encoding="utf-8", errors="replace"), status))
        yield Analysed(json.loads(result.read_text(encoding="utf-8")), page.read_bytes())


def _command(request: Request, result: Path, page: Path, labels: Path | None) -> list[str]:
    command = [python(), str(SCRIPT), *map(str, request.files), "--json", str(result), "--html", str(page)]
    command.append(f"--terms={request.terms}")
    for option, value in (
        ("--text-column", request.text_column),
        ("--label-column", request.label_column),
        ("--encoding", request.encoding),
        ("--time-format", request.time_format),
        ("--labels", labels),
        ("--base-model", request.base_model),
    ):
        if value:
            command.append(f"{option}={value}")  # one word: a value may begin with a hyphen
    return command


@contextlib.contextmanager
def _started(command: list[str], errors: IO[str]) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8", env=environment
    )
    try:
        yield process
    finally:
        if process.poll() is None:  # interrupted: the analysis is no longer needed
            process.kill()
            process.wait()


def _reason(stderr: str, status: int) -> str:
    """The script's last line, or a sentence for a crash or a kill."""
    last = next((line.strip() for line in reversed(stderr.splitlines()) if line.strip()), "")
    if status == 1 and "Traceback (most recent call last)" not in stderr:
        return last or "The analysis failed without a message"
    if status < 0:
        return f"The analysis was killed by signal {-status}: the machine may have run out of memory"
    return f"The analysis crashed (status {status}): {last[:LAST_WORDS]}"
