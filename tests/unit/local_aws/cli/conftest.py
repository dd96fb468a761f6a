from pathlib import Path

import pytest

from local.workspace import Workspace
from tools.ports import free_port


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in a folder of its own, on a free port, with files where the Pythons should be."""
    for name in ("RUBRIC_AWS_PYTHON", "RUBRIC_MODEL_PYTHON"):
        python = tmp_path / name.lower()
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)
        monkeypatch.setenv(name, str(python))
    return Workspace(root=tmp_path, folder=tmp_path / "local", port=free_port(), environment="local")
