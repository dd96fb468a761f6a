"""The throw-away environment: its name and its settings file."""

from __future__ import annotations

import re
import secrets
import shutil
import string
from pathlib import Path
from typing import Any

import yaml

from environments.reading.files import locate, merge, read
from environments.settings import Settings, SettingsError, load
from tools.acceptance.errors import UsageError

PATTERN = re.compile(r"acc[a-z0-9]{6}")
# Nothing may outlive the run, train automatically, or send messages to people.
THROW_AWAY: dict[str, Any] = {
    "data": {"retain": False},
    "training": {"schedule": None},
    "monitoring": {"alarm_email": None},
}


def new_name() -> str:
    """`acc` and six lower-case letters or digits."""
    return "acc" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))


def checked_name(name: str) -> str:
    """The name. Raises UsageError unless this tool may deploy to and destroy it."""
    if not PATTERN.fullmatch(name):
        raise UsageError(f"--name {name!r}: must be acc and six lower-case letters or digits, such as acc0k3x9a")
    return name


def write_settings(env: str, name: str, *, folder: Path, root: Path) -> Path:
    """ENV's settings with its override, as `<name>.yaml` in `folder`. Raises UsageError if they cannot be deployed."""
    try:
        values = merge(read(locate(env, root=root), root=root).values, THROW_AWAY)
        path = folder / f"{name}.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {env} under a throw-away name, for one run.\n{yaml.safe_dump(values)}", encoding="utf-8")
        load(str(path), root=root)
    except SettingsError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise UsageError(str(error)) from None
    return path


def read_settings(path: Path, *, root: Path) -> Settings:
    """The settings of a file that `write_settings` wrote."""
    return load(str(path.absolute()), root=root)
