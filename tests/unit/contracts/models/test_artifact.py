"""Files that training and serving unpack stay in their folder, for any archive."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from contracts.models import artifact
from local_aws_testing import archives


@pytest.mark.parametrize("what", archives.REFUSED)
@pytest.mark.parametrize("filters", [True, False])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, monkeypatch, what: str, filters: bool) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    packed = archives.write(tmp_path / "model.tar.gz", archives.REFUSED[what])
    with tarfile.open(packed) as tar, pytest.raises(tarfile.TarError, match=r"leads (out of|through a link of)"):
        artifact.extract(tar, tmp_path / "in" / "folder")
    assert not list(tmp_path.glob("**/x"))


def test_plain_files_and_links_within_are_taken(tmp_path: Path) -> None:
    with tarfile.open(archives.write(tmp_path / "model.tar.gz", archives.TAKEN)) as tar:
        artifact.extract(tar, tmp_path / "folder")
    assert (tmp_path / "folder/snapshots/a").read_text() == "./model/a.bin"
