import sys
from pathlib import Path

import pytest

from local.workspace import Workspace
from tools.common.ports import free_port


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in a separate folder, on a free port; this Python can query the local AWS, but not serve."""
    monkeypatch.setenv("RUBRIC_AWS_PYTHON", sys.executable)
    monkeypatch.setenv("RUBRIC_MODEL_PYTHON", sys.executable)
    return Workspace(root=tmp_path, folder=tmp_path / "local", port=free_port(), environment="local")
