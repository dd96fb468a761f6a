"""A part of the mirror: a folder of files for one purpose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from contracts.deployment import buckets
from ops.mirror.transfers import Transfers


class Part(Protocol):
    """What one kind of source has to say. `what`: in a sentence; `prefix`: its folder in the bucket."""

    what: str
    prefix: str

    def lacking(self, digests: Mapping[str, str]) -> str:
        """What is not among the files with these SHA-256 (by name), in a clause; "" if nothing."""

    def download(self, folder: Path, transfers: Transfers) -> list[Path]:
        """Bring the files into a folder, except those that are there and right. Raises OpsError."""


def below(root: Path, part: Part) -> Path:
    """The part's folder in a folder that holds the mirror."""
    return root / part.prefix.removeprefix(buckets.MIRROR)
