"""The lean container without Docker: its server under .venv-model's Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.common.ports import free_port
from tools.containers.process import ROOT, Container, own_environment, start

PYTHON = ROOT / ".venv-model" / "bin" / "python"


def start_lean(model: Path, *, environ: Mapping[str, str] | None = None, python: Path = PYTHON) -> Container:
    """Start the lean server on the unpacked artifact in `model`; `environ` adds to or replaces its settings.

    Its log is in a temporary folder, which lives as long as the Container does.
    """
    temporary = TemporaryDirectory(prefix="rubric-lean-")
    work, port = Path(temporary.name), free_port()
    base = work / "ml"
    base.mkdir()
    (base / "model").symlink_to(model.resolve())
    settings = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "RUBRIC_BIND_HOST": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    return start(
        [python, "-m", "model_code.serving.server"],
        environ=own_environment(**{**settings, **(environ or {})}),
        work=work,
        port=port,
        temporary=(temporary,),
    )
