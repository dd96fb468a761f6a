"""The words of the training and validation texts, as the artifact holds them: hashes in order, ``seen_words.npy``.

A word that was never seen is taken for one that was in at most MOST_WORDS of 2**32 cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from contracts.models import artifact
from contracts.models.artifact import ArtifactError

MOST_WORDS = 100_000  # 400 KB; of more, the rarest count as unseen


class SeenWords:
    """The words of one artifact's training and validation texts."""

    def __init__(self, hashes: Iterable[int]) -> None:
        self._has = frozenset(hashes).__contains__

    def unseen_share(self, found: Sequence[bytes]) -> float:
        """Of these words, at least one, those that are not among them."""
        return 1 - sum(map(self._has, map(crc32, found))) / len(found)


def write(folder: Path, most_frequent_first: Sequence[str]) -> None:
    """Write the file into the artifact in ``folder``."""
    hashes = sorted({crc32(word.encode()) for word in most_frequent_first[:MOST_WORDS]})
    np.save(folder / artifact.SEEN_WORDS_FILE, np.array(hashes, dtype=np.uint32), allow_pickle=False)


def read(folder: Path) -> SeenWords | None:
    """The artifact's words; None for an artifact without the file. ArtifactError for a broken one."""
    path = folder / artifact.SEEN_WORDS_FILE
    if not path.is_file():
        return None
    try:
        hashes: Any = np.load(path, allow_pickle=False)
        if not isinstance(hashes, np.ndarray) or hashes.dtype != np.uint32 or hashes.ndim != 1:
            raise ArtifactError(f"{path} is not a list of hashes")
        if len(hashes) > MOST_WORDS:
            raise ArtifactError(f"{path} has {len(hashes)} words; at most {MOST_WORDS} are read")
    except ArtifactError:
        raise
    except Exception as error:  # for a broken header numpy raises nearly anything
        raise ArtifactError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    return SeenWords(hashes.tolist())
