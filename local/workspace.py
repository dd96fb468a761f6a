"""The paths and names that the commands share, such as the local AWS's state folder in this clone."""

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.errors import CliError

if TYPE_CHECKING:
    from environments.settings import Settings

ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True)
class Workspace:
    """The paths and names that the commands share.

    root: the clone; folder: the local AWS's state folder, which also holds the commands' own files; port: the requested
    one, None for the last one used; environment: the value of `cdk -c env=`.
    """

    root: Path
    folder: Path
    port: int | None
    environment: str

    @classmethod
    def from_environment(cls) -> Self:
        """Read RUBRIC_LOCAL_DIR[.local], RUBRIC_LOCAL_PORT, RUBRIC_LOCAL_ENV[local]."""
        root = Path(__file__).resolve().parents[1]
        folder = (root / os.environ.get("RUBRIC_LOCAL_DIR", ".local")).absolute()
        port = _port(os.environ.get("RUBRIC_LOCAL_PORT", ""))
        return cls(root=root, folder=folder, port=port, environment=os.environ.get("RUBRIC_LOCAL_ENV", "local"))

    @property
    def demo_file(self) -> Path:
        """The file with the demo's API key."""
        return self.folder / "demo.json"

    @property
    def logs(self) -> Path:
        """The folder for the CDK CLI's raw output, beside the server's log."""
        return self.folder / "logs"

    @property
    def cdk_output(self) -> Path:
        """The folder of the synthesised app, separate from the `cdk.out` of the user's CDK commands."""
        return self.folder / "cdk.out"

    @property
    def server_python(self) -> Path:
        """The Python with MiniStack."""
        return Path(os.environ.get("RUBRIC_AWS_PYTHON") or self.root / ".venv-aws" / "bin" / "python")

    @property
    def model_python(self) -> Path:
        """The Python for training jobs and model servers."""
        return Path(os.environ.get("RUBRIC_MODEL_PYTHON") or self.root / ".venv-model" / "bin" / "python")

    @property
    def bin(self) -> Path:
        """The folder of the running Python's commands, including node."""
        return Path(sys.executable).parent

    @cached_property
    def settings(self) -> "Settings":
        """The environment's validated settings. Raises CliError with one line on what is wrong."""
        from environments.settings import SettingsError, load

        try:
            return load(self.environment, root=self.root)
        except SettingsError as error:
            raise CliError(str(error)) from None

    @property
    def stack_prefix(self) -> str:
        """The prefix of every stack's name, such as `Rubric-local-`."""
        return self.settings.stack_name("")

    def write_json(self, path: Path, value: dict[str, Any], *, mode: int = 0o644) -> None:
        """Write a small JSON file atomically: a reader sees the old content or the new."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            json.dump(value, file, indent=2)
        part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a small JSON object; {} if the file is missing or incomplete."""
    try:
        value = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _port(text: str) -> int | None:
    if text and (not text.isdigit() or not 0 < int(text) < 65536):
        raise CliError(f"PORT is {text!r}: it must be a number from 1 to 65535.")
    return int(text) if text else None
