"""Files that the local AWS unpacks or downloads for a container stay in the container's folder."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from local_aws.containers.files import archive, storage
from local_aws_testing import archives


@pytest.mark.parametrize("what", archives.REFUSED)
@pytest.mark.parametrize("filters", [True, False])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, monkeypatch, what: str, filters: bool) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    packed = archives.write(tmp_path / "model.tar.gz", archives.REFUSED[what])
    with pytest.raises(archive.ArchiveError, match=r"leads (out of|through a link of)"):
        archive.unpack(packed, tmp_path / "in" / "folder")
    assert not list(tmp_path.glob("**/x"))


def test_plain_files_and_links_within_are_taken(tmp_path: Path) -> None:
    archive.unpack(archives.write(tmp_path / "model.tar.gz", archives.TAKEN), tmp_path / "folder")
    assert (tmp_path / "folder/snapshots/a").read_text() == "./model/a.bin"


class S3:
    """A bucket with these keys, each object holding its own key."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def get_paginator(self, _: str) -> S3:
        return self

    def paginate(self, **_: str) -> list[dict[str, list[dict[str, str]]]]:
        return [{"Contents": [{"Key": key} for key in self.keys]}]

    def download_file(self, _: str, key: str, target: str) -> None:
        Path(target).write_text(key)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["in/../../x"], "leads out of the folder"),
        (["in/a", "in//a"], "is the same file as another key"),
        (["in/a", "in/b/../a"], "is the same file as another key"),
        (["in/a", "in/a/b"], "cannot be a file on this machine"),
    ],
)
def test_a_key_that_leads_out_or_is_anothers_file_is_refused(tmp_path: Path, keys: list[str], message: str) -> None:
    with pytest.raises(storage.StorageError, match=message):
        storage.download_prefix(S3(*keys), "s3://bucket/in/", tmp_path / "folder")
    assert not (tmp_path / "x").exists()


def test_a_key_with_an_absolute_path_after_a_doubled_slash_stays_below(tmp_path: Path) -> None:
    [file] = storage.download_prefix(S3("in//tmp/a"), "s3://bucket/in/", tmp_path / "folder")
    assert file == tmp_path / "folder/tmp/a"
