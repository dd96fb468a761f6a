"""An API key's text: `rk_<key_id>_<secret><check>`, stored as a salted hash only.

contracts/api_keys.py has the form.
"""

from __future__ import annotations

import re
import secrets

from contracts.api_keys import ALPHABET, ID_ALPHABET, ID_LENGTH, SECRET_LENGTH, checksum
from ops.errors import OpsError


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
