"""An API key's text: `rk_<key_id>_<secret><check>`, stored as a salted hash only.

tests/contract/api_key_vectors.json holds this and the API's authorizer together.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

from ops.errors import OpsError

ID_ALPHABET = string.ascii_lowercase + "234567"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 10, 40, 6


def checksum(text: str) -> str:
    """Six base-62 digits of CRC-32 over `text`: tells a mistyped key from a wrong one without a look-up."""
    number, digits = zlib.crc32(text.encode()), ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits.rjust(CHECK_LENGTH, "0")


def hash_of(key: str, *, salt: str) -> str:
    """What is stored: hex SHA-256 of the salt's hex digits and the key."""
    return hashlib.sha256((salt + key).encode()).hexdigest()


def make_text(*, key_id: str = "") -> str:
    """A new key's text, with 238 random bits in its secret; under a new id unless one is given."""
    key_id = key_id or "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    body = f"rk_{key_id}_{secret}"
    return body + checksum(body)


def id_of(key_or_id: str) -> str:
    """The key id in a key's text, or of an id itself; OpsError for anything else."""
    found = re.fullmatch(r"(?:rk_)?([a-z2-7]{10})(?:_[0-9A-Za-z]{46})?", key_or_id.strip())
    if not found:
        raise OpsError(f"{key_or_id[:14]!r} is not a key id: `rubric keys list` shows them")
    return found[1]
