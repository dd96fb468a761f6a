"""The access key id that a local AWS accepts: created for its state folder, and known to all who can read that.

IAM's model gives an access key id 16 to 128 word characters (accessKeyIdType); these have 160 random bits.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
from pathlib import Path

from local_aws import private_folder

FILE = "access-key-id"
# The local AWS checks no signature, but every SDK wants something to sign with.
SECRET = "not-checked"
_RANDOM_BYTES = 20
_FORM = re.compile(r"LOCAL[A-Z2-7]{32}")


class AccessKeyError(Exception):
    """No usable access key id exists; `fact` says why."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact}: forget the state folder to get another")
        self.fact = fact


def new(prefix: str) -> str:
    """A new unguessable id: 32 characters after the prefix."""
    return prefix + base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode()


def of(folder: Path) -> str:
    """The id of a state folder, made with the folder where there is none. Raises AccessKeyError, NotPrivateError."""
    private_folder.make(folder)
    path = folder / FILE
    if not path.exists():
        _write(path)
    try:
        key_id = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AccessKeyError(f"{path} cannot be read ({error})") from None
    if not _FORM.fullmatch(key_id):
        raise AccessKeyError(f"{path} holds no access key id of a local AWS")
    return key_id


def _write(path: Path) -> None:
    """Two that write at the same time keep the first one's, and a reader never sees half of it."""
    part = path.with_name(f".{FILE}-{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(new("LOCAL") + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
