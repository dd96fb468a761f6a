"""A training job's checkpoints, kept in step with S3."""

from pathlib import Path
from typing import Any

from local_aws.server.sagemaker.containers import storage


class Checkpoints:
    """The folder of checkpoints and its place in S3 (None: the job keeps none; nothing goes to S3 then)."""

    def __init__(self, *, s3: Any, uri: str | None, folder: Path) -> None:
        self._s3 = s3
        self._uri = uri
        self._folder = folder
        self._known: dict[Path, tuple[int, int]] = {}

    def restore(self) -> None:
        """Makes the folder and downloads into it what an earlier run left. Raises StorageError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._uri is not None:
            for path in storage.download_prefix(self._s3, storage.join_uri(self._uri) + "/", self._folder):
                self._known[path] = _state(path)

    def sync(self) -> None:
        """Uploads the files that are new or changed since the last time; deletes nothing. Raises StorageError."""
        if self._uri is None:
            return
        for path in sorted(self._folder.rglob("*")):
            try:
                if not path.is_file() or self._known.get(path) == (state := _state(path)):
                    continue
                name = path.relative_to(self._folder).as_posix()
                storage.upload_file(self._s3, path, storage.join_uri(self._uri, name))
            except FileNotFoundError:  # the job has replaced or removed it meanwhile
                continue
            self._known[path] = state


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
