"""A local AWS's state folder: its files and its port."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from local_aws import access_key, private_folder
from local_aws.command.errors import CommandError

FOLDER, PORT = "LOCAL_AWS_FOLDER", "LOCAL_AWS_PORT"
DEFAULT_FOLDER, DEFAULT_PORT = ".local-aws", 4566


@dataclass(frozen=True)
class StateFolder:
    """The state folder, and the port of its local AWS, whether or not that is running."""

    path: Path
    port: int

    @classmethod
    def from_environment(cls, *, folder: str | None = None, port: str | None = None) -> Self:
        """Take both from the arguments, else LOCAL_AWS_FOLDER[.local-aws] and LOCAL_AWS_PORT[last used, else 4566].

        Raises CommandError.
        """
        path = Path(folder or os.environ.get(FOLDER) or DEFAULT_FOLDER).absolute()
        return cls(path, _port(port or os.environ.get(PORT) or "", path))

    @property
    def endpoint_url(self) -> str:
        """The URL of the AWS APIs."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def access_key(self) -> str:
        """The access key ID that the local AWS accepts; created if there is none. Raises CommandError."""
        try:
            return access_key.of(self.path)
        except access_key.AccessKeyError as error:
            raise CommandError("bad-access-key", error.fact, "run `stop --forget` to get another.") from None
        except private_folder.NotPrivateError as error:
            raise not_private(error) from None

    def make_private(self) -> None:
        """Create the folder, or restrict an existing one, so that only the user can enter it. Raises CommandError."""
        try:
            private_folder.make(self.path)
        except private_folder.NotPrivateError as error:
            raise not_private(error) from None

    @property
    def config_file(self) -> Path:
        """The configuration kept between starts; its presence marks the folder as belonging to a local AWS."""
        return self.path / "config.json"

    @property
    def server_file(self) -> Path:
        """The file with the running server's process ID, port and start time."""
        return self.path / "server.json"

    @property
    def log_file(self) -> Path:
        """The server's log file."""
        return self.path / "logs" / "server.log"


def not_private(error: private_folder.NotPrivateError) -> CommandError:
    """Return the error for a folder that other users can enter."""
    return CommandError(error.code, error.fact, f"set {FOLDER} to {error.instead}.")


def read_json(path: Path) -> dict[str, Any]:
    """Read a small JSON object; returns {} if the file is missing or incomplete."""
    try:
        value = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a small JSON file atomically: a reader sees either the old content or the new."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=2))
    part.replace(path)


def _port(text: str, folder: Path) -> int:
    if not text:
        return int(read_json(folder / "config.json").get("port", DEFAULT_PORT))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CommandError("bad-port", f"{PORT} is {text!r}", "it must be a number from 1 to 65535.", given=text)
    return int(text)
