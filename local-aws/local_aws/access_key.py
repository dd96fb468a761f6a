"""The access key ID that a local AWS accepts; created for its state folder, known to anyone who can read that folder.

IAM's model allows 16 to 128 word characters in an access key ID (accessKeyIdType); these have 160 random bits.
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
# The local AWS does not check signatures, but every SDK needs a secret to sign with.
SECRET = "not-checked"
_RANDOM_BYTES = 20
_FORM = re.compile(r"LOCAL[A-Z2-7]{32}")


class AccessKeyError(Exception):
    """There is no usable access key ID; `fact` says why."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact}: forget the state folder to get another")
        self.fact = fact


def new(prefix: str) -> str:
    """Return a new, unguessable ID: the prefix and 32 characters."""
    return prefix + base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode()


def of(folder: Path) -> str:
    """Return a state folder's ID, creating folder and ID if necessary. Raises AccessKeyError, NotPrivateError."""
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
    """Write the ID once: with two concurrent writers the first wins, and a reader never sees a partial file."""
    part = path.with_name(f".{FILE}-{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(new("LOCAL") + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
