"""The mirror: what an isolated training job needs from the internet, in the artifact bucket under `mirror/`.

`rubric mirror` fills it: a folder for each thing, with its files and, written last, `SHA256SUMS`, whose lines are those
of `sha256sum`. A folder is named after what it is for, so that another version's needs lie beside the present one's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from contracts.deployment import buckets

SUMS = "SHA256SUMS"
ARCHIVE = "archive.zip"  # the UCI archive, in its folder
# Channels of an isolated job, beside those that every job has.
CODE_CHANNEL, WHEELS_CHANNEL = "code", "wheels"
# Hyperparameter: the SHA-256 of SHA256SUMS in the channel `base_model`; "" if its files are not the mirror's.
BASE_MODEL_DIGEST = "base_model_files_sha256"

_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\\\0\n]+)")
_BLOCK = 1 << 20


class SumsError(ValueError):
    """A SHA256SUMS that cannot be used; the message is a clause for a sentence."""


def wheels(lock_sha256: str) -> str:
    """The folder of the wheels that jobs install, by the digest of model_code/training/requirements.lock."""
    return f"{buckets.MIRROR}wheels/{lock_sha256}/"


def base_model(hub_id: str) -> str:
    """The folder of a base model's files. hub_id: `<id>@<commit>`."""
    return f"{buckets.MIRROR}base-models/{hub_id.replace('@', '/')}/"


def archive(url: str) -> str:
    """The folder of an archive with a dataset, by its address."""
    return f"{buckets.MIRROR}archives/{hashlib.sha256(url.encode()).hexdigest()}/"


def sums(digests: Mapping[str, str]) -> str:
    """The text of SHA256SUMS. digests: SHA-256 by the file's name."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def read_sums(text: str) -> dict[str, str]:
    """The digests in SHA256SUMS, by the file's name. Raises SumsError."""
    matches = [_LINE.fullmatch(line) for line in text.splitlines()]
    if not matches or None in matches:
        raise SumsError(f"{SUMS} is not a list of SHA-256 digests and file names")
    return {match[2]: match[1] for match in matches if match}


def faults(folder: Path, digests: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a folder's files, a clause each. digests: as `read_sums` gives them."""
    for name, expected in sorted(digests.items()):
        file = folder / name
        if not file.is_file():
            yield f"{name} is missing"
        elif (found := digest_of(file)) != expected:
            yield f"{name} has the SHA-256 {found} instead of {expected}"


def digest_of(file: Path) -> str:
    """A file's SHA-256."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
