"""A folder that only its user can enter; this makes its contents private, regardless of their own mode."""

from __future__ import annotations

import stat
from pathlib import Path

_USER_ALONE = 0o700


class NotPrivateError(Exception):
    """The folder cannot be restricted to the user: `fact` says why, and `instead` names a folder that would work."""

    def __init__(self, code: str, fact: str, instead: str) -> None:
        super().__init__(f"{fact}: use {instead}")
        self.code = code
        self.fact = fact
        self.instead = instead


def make(folder: Path) -> None:
    """Create the folder for the user alone, or remove other users' rights from an existing one.

    Raises NotPrivateError, or OSError if it cannot be created.
    """
    folder.mkdir(mode=_USER_ALONE, parents=True, exist_ok=True)
    try:
        folder.chmod(_USER_ALONE)  # the umask reduces mkdir's mode, and an earlier version created it for everyone
    except PermissionError:
        raise NotPrivateError("other-user", f"{folder} belongs to another user", "a folder of yours") from None
    if stat.S_IMODE(folder.stat().st_mode) != _USER_ALONE:
        raise NotPrivateError(
            "no-permissions",
            f"{folder} cannot be kept from other users, as its file system keeps no permissions",
            "a folder on another one",
        )
