"""The exploratory analysis: run as a process in the model environment, whose packages this command does not have."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from contracts import progress
from contracts.progress import Progress
from ops.deployment.cloud import ROOT
from ops.errors import OpsError

SCRIPT = ROOT / "model_code" / "training" / "explore.py"
LAST_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to analyse; an empty column name means: recognise it."""

    file: Path
    text_column: str = ""
    label_column: str = ""
    base_model: Path | None = None
    terms: int = 12


@dataclass(frozen=True)
class Analysed:
    """The analysis is done; its JSON, and the page with plots."""

    analysis: dict[str, Any] = field(default_factory=dict)
    page: bytes = b""


def python(root: Path = ROOT) -> str:
    """The model environment's Python: RUBRIC_MODEL_PYTHON, or the one that `make setup` made; OpsError without one."""
    given = os.environ.get("RUBRIC_MODEL_PYTHON")
    found = Path(given) if given else root / ".venv-model" / "bin" / "python"
    if not found.is_file():
        whose = "RUBRIC_MODEL_PYTHON names" if given else "the model environment should have"
        raise OpsError(f"There is no Python at {found}, which {whose}: `make setup` creates .venv-model")
    return str(found)


def run(request: Request) -> Generator[Progress | Analysed]:
    """Progress as it comes, then the analysis; OpsError with the script's own sentence when it refuses the file."""
    with tempfile.TemporaryDirectory(prefix="rubric-eda-") as folder:
        result = Path(folder) / "analysis.json"
        page, errors = Path(folder) / "page.html", Path(folder) / "errors"
        with errors.open("w", encoding="utf-8") as said, _started(_command(request, result, page), said) as process:
            assert process.stdout is not None
            for line in process.stdout:
                found = progress.read(line)
                if found:
                    yield found
            status = process.wait()
        if status:
            raise OpsError(_reason(errors.read_text(encoding="utf-8", errors="replace"), status))
        yield Analysed(json.loads(result.read_text(encoding="utf-8")), page.read_bytes())


def _command(request: Request, result: Path, page: Path) -> list[str]:
    command = [python(), str(SCRIPT), str(request.file), "--json", str(result), "--html", str(page)]
    command += ["--terms", str(request.terms)]
    for option, value in (
        ("--text-column", request.text_column),
        ("--label-column", request.label_column),
        ("--base-model", request.base_model),
    ):
        if value:
            command += [option, str(value)]
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
        if process.poll() is None:  # interrupted: nobody waits for the analysis any more
            process.kill()
            process.wait()


def _reason(said: str, status: int) -> str:
    """The script's last line; a crash and a kill are told as such."""
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    if status == 1 and "Traceback (most recent call last)" not in said:
        return last or "The analysis failed without saying why"
    if status < 0:
        return f"The analysis was ended by signal {-status}: perhaps the machine ran out of memory"
    return f"The analysis broke off (status {status}): {last[:LAST_WORDS]}"
