"""A separate state folder for each test."""

from pathlib import Path

import pytest

from local_aws.command.state_folder import StateFolder
from local_aws.containers.processes.ports import free_port


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """A state folder that is not there yet, on a free port."""
    return StateFolder(tmp_path / "local", free_port())
