"""A folder that nobody but its user can enter; what is in it is private by that, whatever its own mode."""

from __future__ import annotations

import stat
from pathlib import Path

_USER_ALONE = 0o700


class NotPrivateError(Exception):
    """The folder cannot be made the user's alone; the message is the line to show."""


def make(folder: Path) -> None:
    """Create the folder for the user alone, or take the others' rights from one that is there.

    Raises NotPrivateError, and OSError where it cannot be created.
    """
    folder.mkdir(mode=_USER_ALONE, parents=True, exist_ok=True)
    try:
        folder.chmod(_USER_ALONE)  # mkdir's mode is less the umask, and an earlier version made it for everybody
    except PermissionError:
        raise NotPrivateError(f"{folder} belongs to another user: set RUBRIC_LOCAL_DIR to a folder of yours.") from None
    if stat.S_IMODE(folder.stat().st_mode) != _USER_ALONE:
        raise NotPrivateError(
            f"{folder} cannot be kept from other users, as its file system keeps no permissions: "
            "set RUBRIC_LOCAL_DIR to a folder on another one."
        )
