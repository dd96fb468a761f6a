"""Scripts of the training code, run as processes in the model environment, whose packages the commands do not have."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import IO

from contracts.models import progress
from contracts.models.progress import Progress
from ops.deployment.cloud import ROOT
from ops.errors import OpsError

SCRIPTS = ROOT / "model_code" / "training"
LAST_WORDS = 300


def python(root: Path = ROOT) -> str:
    """The model environment's Python: RUBRIC_MODEL_PYTHON, or `make setup`'s. Raises OpsError if there is none."""
    override = os.environ.get("RUBRIC_MODEL_PYTHON")
    path = Path(override) if override else root / ".venv-model" / "bin" / "python"
    if not path.is_file():
        whose = "RUBRIC_MODEL_PYTHON" if override else "the model environment's Python"
        raise OpsError(f"There is no Python at {path} ({whose}): `make setup` creates .venv-model")
    return str(path)


def run(script: Path, arguments: Sequence[str], *, folder: Path, what: str = "The analysis") -> Generator[Progress]:
    """Yield the script's progress until it ends. `folder`: for its messages. `what`: its work, as messages name it.

    Raises OpsError with the script's own message if it refuses its input. Closing the generator ends the process.
    """
    errors = folder / "errors"
    with (
        errors.open("w", encoding="utf-8") as stderr,
        _started([python(), str(script), *arguments], stderr) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            event = progress.read(line)
            if event:
                yield event
        status = process.wait()
    if status:
        raise OpsError(_reason(errors.read_text(encoding="utf-8", errors="replace"), status, what))


@contextlib.contextmanager
def _started(command: list[str], errors: IO[str]) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8", env=environment
    )
    try:
        yield process
    finally:
        if process.poll() is None:  # interrupted: the result is no longer needed
            process.kill()
            process.wait()


def _reason(stderr: str, status: int, what: str) -> str:
    """The script's last line, or a sentence for a crash or a kill."""
    last = next((line.strip() for line in reversed(stderr.splitlines()) if line.strip()), "")
    if status == 1 and "Traceback (most recent call last)" not in stderr:
        return last or f"{what} failed without a message"
    if status < 0:
        return f"{what} was killed by signal {-status}: the machine may have run out of memory"
    return f"{what} crashed (status {status}): {last[:LAST_WORDS]}"
