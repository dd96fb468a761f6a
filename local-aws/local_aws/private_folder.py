"""A folder that nobody but its user can enter; what is in it is private by that, whatever its own mode."""

from __future__ import annotations

import stat
from pathlib import Path

_USER_ALONE = 0o700


class NotPrivateError(Exception):
    """The folder cannot be made the user's alone: `fact` says why not, and `instead` which folder would do."""

    def __init__(self, code: str, fact: str, instead: str) -> None:
        super().__init__(f"{fact}: use {instead}")
        self.code = code
        self.fact = fact
        self.instead = instead


def make(folder: Path) -> None:
    """Create the folder for the user alone, or take the others' rights from one that is there.

    Raises NotPrivateError, and OSError where it cannot be created.
    """
    folder.mkdir(mode=_USER_ALONE, parents=True, exist_ok=True)
    try:
        folder.chmod(_USER_ALONE)  # mkdir's mode is less the umask, and an earlier version made it for everybody
    except PermissionError:
        raise NotPrivateError("other-user", f"{folder} belongs to another user", "a folder of yours") from None
    if stat.S_IMODE(folder.stat().st_mode) != _USER_ALONE:
        raise NotPrivateError(
            "no-permissions",
            f"{folder} cannot be kept from other users, as its file system keeps no permissions",
            "a folder on another one",
        )
