"""A base model's files from the Hugging Face hub, at a commit.

The hub lists a commit's files with their digests: Git's of each, and the SHA-256 of large ones (huggingface_hub,
hf_api.py, `list_repo_tree`). HF_ENDPOINT names another hub, HF_TOKEN who asks, as for huggingface_hub.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from contracts.deployment import mirror
from ops.errors import OpsError
from ops.mirror import download
from ops.mirror.transfers import Transfers

HUB = "https://huggingface.co"
# What transformers reads of a folder: weights as safetensors only, configuration, tokenizers (vocabularies, merges,
# sentencepiece models).
_WANTED = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors|[^/]+\.(json|txt|model)")
_CONFIG, _WEIGHTS = "config.json", ".safetensors"


@dataclass(frozen=True)
class _File:
    """A file of a commit. sha256: of a large one, else ""."""

    name: str
    size: int
    git_sha1: str
    sha256: str

    def wrong(self, path: Path) -> str:
        """What is wrong with the content, in a clause; "" if nothing."""
        if path.stat().st_size != self.size:
            return f"{self.name} has {path.stat().st_size:,} bytes, at this commit {self.size:,}"
        if self.sha256:
            found, expected = mirror.digest_of(path), self.sha256
        else:
            found = hashlib.sha1(b"blob %d\0" % self.size + path.read_bytes(), usedforsecurity=False).hexdigest()
            expected = self.git_sha1
        return "" if found == expected else f"{self.name} has the digest {found}, at this commit {expected}"


class BaseModel:
    """The files of `<id>@<commit>`."""

    def __init__(self, hub_id: str) -> None:
        self.what = f"the base model {hub_id}"
        self.prefix = mirror.base_model(hub_id)
        self._id, _, self._commit = hub_id.partition("@")

    def lacking(self, digests: Mapping[str, str]) -> str:
        """What is not among the files, in a clause; "" if nothing."""
        if _CONFIG not in digests:
            return f"there is no {_CONFIG}"
        return "" if any(name.endswith(_WEIGHTS) for name in digests) else f"there is no file of weights (*{_WEIGHTS})"

    def download(self, folder: Path, transfers: Transfers) -> list[Path]:
        """Bring the files into a folder. Raises OpsError."""
        files = self._files()
        lacks = self.lacking({file.name: "" for file in files})
        if lacks:
            raise OpsError(f"{self._id} at {self._commit} cannot be a base model: {lacks} on the hub")
        paths = []
        for file in files:
            path = folder / file.name
            if not path.is_file() or file.wrong(path):
                url = f"{self._hub}/{self._id}/resolve/{self._commit}/{quote(file.name)}"
                download.fetch(url, path, check=file.wrong, transfers=transfers, headers=self._headers)
            paths.append(path)
        return paths

    @property
    def _hub(self) -> str:
        return os.environ.get("HF_ENDPOINT", HUB).rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        token = os.environ.get("HF_TOKEN")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _files(self) -> list[_File]:
        """The files of the commit that training reads."""
        url: str | None = f"{self._hub}/api/models/{self._id}/tree/{self._commit}"
        found: list[dict[str, Any]] = []
        while url:
            content, headers = download.read(url, headers=self._headers)
            try:
                found += [entry for entry in json.loads(content) if entry["type"] == "file"]
            except (ValueError, KeyError, TypeError) as error:
                raise OpsError(
                    f"{url} is not the list of a model's files: is HF_ENDPOINT a Hugging Face hub?"
                ) from error
            following = re.search(r'<([^>]+)>;\s*rel="next"', {**headers}.get("Link", ""))
            url = following[1] if following else None
        return [
            _File(entry["path"], int(entry["size"]), entry["oid"], (entry.get("lfs") or {}).get("oid", ""))
            for entry in found
            if _WANTED.fullmatch(entry["path"])
        ]
