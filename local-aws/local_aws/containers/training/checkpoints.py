"""Keep a training job's checkpoints in sync with S3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.containers.files import storage


class Checkpoints:
    """The checkpoint folder and its location in S3 (None: the job keeps no checkpoints and nothing goes to S3)."""

    def __init__(self, *, s3: Any, uri: str | None, folder: Path, log: Callable[[str], None]) -> None:
        self._s3 = s3
        self._uri = uri
        self._folder = folder
        self._log = log
        self._known: dict[Path, tuple[int, int]] = {}

    def restore(self) -> None:
        """Create the folder and download what an earlier run left. Raises StorageError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._uri is not None:
            for path in storage.download_prefix(self._s3, storage.join_uri(self._uri) + "/", self._folder):
                self._known[path] = _state(path)

    def sync(self) -> None:
        """Upload files that are new or changed since the last sync, and delete from S3 the files that are gone.

        Raises StorageError if an upload fails. Source: "Use checkpoints in Amazon SageMaker AI" (a checkpoint deleted
        in the container is also deleted in S3).
        """
        if self._uri is None:
            return
        for path in [path for path in self._known if not path.exists()]:
            self._delete(self._uri, path)
        for path in sorted(self._folder.rglob("*")):
            try:
                if not path.is_file() or self._known.get(path) == (state := _state(path)):
                    continue
                name = path.relative_to(self._folder).as_posix()
                storage.upload_file(self._s3, path, storage.join_uri(self._uri, name))
            except FileNotFoundError:  # the job has replaced or removed it in the meantime
                continue
            self._known[path] = state

    def _delete(self, uri: str, path: Path) -> None:
        """Delete an object; if S3 refuses, leave it there. AWS does not document what SageMaker does in that case."""
        del self._known[path]
        try:
            storage.delete_object(self._s3, storage.join_uri(uri, path.relative_to(self._folder).as_posix()))
        except storage.StorageError as error:
            self._log(f"a checkpoint stays in S3: {error}")


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
