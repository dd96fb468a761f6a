"""Where the local AWS of this clone keeps its things, and on which port it answers."""

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local_aws import access_key, private_folder
from local_aws.cli.errors import CliError

if TYPE_CHECKING:
    from environments.settings import Settings

DEFAULT_PORT = 4566
ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True)
class Workspace:
    """The paths and names that the commands share.

    root: the clone; folder: the state folder; port: of the local AWS; environment: what `cdk -c env=` gets.
    """

    root: Path
    folder: Path
    port: int
    environment: str

    @classmethod
    def from_environment(cls) -> Self:
        """Read RUBRIC_LOCAL_DIR[.local], RUBRIC_LOCAL_PORT[the last one used, else 4566], RUBRIC_LOCAL_ENV[local]."""
        root = Path(__file__).resolve().parents[2]
        folder = (root / os.environ.get("RUBRIC_LOCAL_DIR", ".local")).absolute()
        port = _port(os.environ.get("RUBRIC_LOCAL_PORT", ""), folder)
        return cls(root=root, folder=folder, port=port, environment=os.environ.get("RUBRIC_LOCAL_ENV", "local"))

    @property
    def endpoint_url(self) -> str:
        """Where the AWS APIs answer."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def access_key(self) -> str:
        """The access key id that the local AWS of this folder takes, made where there is none. Raises CliError."""
        try:
            return access_key.of(self.folder)
        except (access_key.AccessKeyError, private_folder.NotPrivateError) as error:
            raise CliError(str(error)) from None

    def make_private(self) -> None:
        """Make the state folder, or one that others may enter, the user's alone. Raises CliError."""
        try:
            private_folder.make(self.folder)
        except private_folder.NotPrivateError as error:
            raise CliError(str(error)) from None

    @property
    def config_file(self) -> Path:
        """What is remembered from run to run; its presence marks the folder as ours to remove."""
        return self.folder / "config.json"

    @property
    def server_file(self) -> Path:
        """The running server's process id, port and start time."""
        return self.folder / "server.json"

    @property
    def demo_file(self) -> Path:
        """The demo's API key."""
        return self.folder / "demo.json"

    @property
    def logs(self) -> Path:
        """The folder of the server's log and of the CDK CLI's raw output."""
        return self.folder / "logs"

    @property
    def cdk_output(self) -> Path:
        """The synthesised app, apart from the `cdk.out` of the user's own CDK commands."""
        return self.folder / "cdk.out"

    @property
    def server_python(self) -> Path:
        """The Python that has MiniStack."""
        return Path(os.environ.get("RUBRIC_AWS_PYTHON") or self.root / ".venv-aws" / "bin" / "python")

    @property
    def model_python(self) -> Path:
        """The Python that training jobs and model servers run on."""
        return Path(os.environ.get("RUBRIC_MODEL_PYTHON") or self.root / ".venv-model" / "bin" / "python")

    @property
    def bin(self) -> Path:
        """The running Python's commands, node among them."""
        return Path(sys.executable).parent

    @cached_property
    def settings(self) -> "Settings":
        """The environment's validated settings; raises CliError with the one line that says what is wrong."""
        from environments.settings import SettingsError, load

        try:
            return load(self.environment, root=self.root)
        except SettingsError as error:
            raise CliError(str(error)) from None

    @property
    def stack_prefix(self) -> str:
        """What every stack's name starts with, as in `Rubric-local-`."""
        return self.settings.stack_name("")

    def write_json(self, path: Path, value: dict[str, Any], *, mode: int = 0o644) -> None:
        """Write a small JSON file so that a reader sees the old content or the new, never half of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            json.dump(value, file, indent=2)
        part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """A small JSON object; {} where the file is missing or was cut short."""
    try:
        value = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _port(text: str, folder: Path) -> int:
    if not text:
        return int(read_json(folder / "config.json").get("port", DEFAULT_PORT))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CliError(f"PORT is {text!r}: it must be a number from 1 to 65535.")
    return int(text)
