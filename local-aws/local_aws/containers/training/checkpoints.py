"""A training job's checkpoints, kept in step with S3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.containers.files import storage


class Checkpoints:
    """The folder of checkpoints and its place in S3 (None: the job keeps none; nothing goes to S3 then)."""

    def __init__(self, *, s3: Any, uri: str | None, folder: Path, log: Callable[[str], None]) -> None:
        self._s3 = s3
        self._uri = uri
        self._folder = folder
        self._log = log
        self._known: dict[Path, tuple[int, int]] = {}

    def restore(self) -> None:
        """Makes the folder and downloads into it what an earlier run left. Raises StorageError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._uri is not None:
            for path in storage.download_prefix(self._s3, storage.join_uri(self._uri) + "/", self._folder):
                self._known[path] = _state(path)

    def sync(self) -> None:
        """Uploads the files that are new or changed since the last time, and deletes those that are gone from S3 too.

        Raises StorageError for an upload. Source: "Use checkpoints in Amazon SageMaker AI" (a checkpoint that is
        deleted in the container is deleted in S3).
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
            except FileNotFoundError:  # the job has replaced or removed it meanwhile
                continue
            self._known[path] = state

    def _delete(self, uri: str, path: Path) -> None:
        """A deletion that is refused leaves the object there; what SageMaker then does is not documented."""
        del self._known[path]
        try:
            storage.delete_object(self._s3, storage.join_uri(uri, path.relative_to(self._folder).as_posix()))
        except storage.StorageError as error:
            self._log(f"a checkpoint stays in S3: {error}")


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
