"""The UCI archive, from the address in the settings."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from contracts.deployment import mirror
from ops.mirror import download
from ops.mirror.transfers import Transfers

MEMBER = "newsCorpora.csv"


class Archive:
    """The archive at `url`. sha256: of its newsCorpora.csv (`data.dataset.sha256`), None for any."""

    def __init__(self, url: str, *, sha256: str | None) -> None:
        self.what = f"the dataset's archive {url}"
        self.prefix = mirror.archive(url)
        self._url = url
        self._sha256 = sha256

    def lacking(self, digests: Mapping[str, str]) -> str:
        """What is not among the files, in a clause; "" if nothing."""
        return "" if mirror.ARCHIVE in digests else f"there is no {mirror.ARCHIVE}"

    def download(self, folder: Path, transfers: Transfers) -> list[Path]:
        """Bring the archive into a folder. Raises OpsError."""
        path = folder / mirror.ARCHIVE
        if not path.is_file() or self._wrong(path):
            download.fetch(self._url, path, check=self._wrong, transfers=transfers)
        return [path]

    def _wrong(self, path: Path) -> str:
        try:
            with zipfile.ZipFile(path) as opened:
                members = [name for name in opened.namelist() if PurePosixPath(name).name == MEMBER]
                if not members:
                    return f"the archive has no {MEMBER}"
                if self._sha256 is None:
                    return "" if opened.testzip() is None else "the archive is damaged"
                found = _digest(opened, members[0])
        except zipfile.BadZipFile:
            return "it is no zip archive"
        return "" if found == self._sha256 else f"{MEMBER} has the SHA-256 {found}, data.dataset.sha256 another"


def _digest(opened: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with opened.open(name) as member:
        while block := member.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
