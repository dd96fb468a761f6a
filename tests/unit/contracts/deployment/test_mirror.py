"""Tests the mirror's folders and its list of digests."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts.deployment import mirror

PINNED = "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be"


def test_each_purpose_has_a_folder_of_its_own() -> None:
    assert mirror.base_model(PINNED) == f"mirror/base-models/{PINNED.replace('@', '/')}/"
    assert mirror.wheels("ab") == "mirror/wheels/ab/"
    assert mirror.archive("https://a") == f"mirror/archives/{hashlib.sha256(b'https://a').hexdigest()}/"


def test_the_list_is_what_sha256sum_reads(tmp_path: Path) -> None:
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("b.whl", "a b.json")}
    for name in digests:
        (tmp_path / name).write_text(name)
    (tmp_path / mirror.SUMS).write_text(mirror.sums(digests))
    if program := shutil.which("sha256sum"):
        subprocess.run([program, "--check", "--strict", mirror.SUMS], cwd=tmp_path, check=True, capture_output=True)
    assert mirror.read_sums(mirror.sums(digests)) == digests
    assert list(mirror.faults(tmp_path, digests)) == []


@pytest.mark.parametrize("text", ["", "abc  file\n", f"{'0' * 64}  ../file\n", f"{'0' * 64}  a\n\n{'0' * 64}  b/c\n"])
def test_another_list_is_refused(text: str) -> None:
    with pytest.raises(mirror.SumsError, match="is not a list of SHA-256 digests"):
        mirror.read_sums(text)


def test_what_is_missing_and_what_differs_are_told(tmp_path: Path) -> None:
    (tmp_path / "changed").write_text("after")
    expected = hashlib.sha256(b"before").hexdigest()
    assert list(mirror.faults(tmp_path, {"missing": "0" * 64, "changed": expected})) == [
        f"changed has the SHA-256 {hashlib.sha256(b'after').hexdigest()} instead of {expected}",
        "missing is missing",
    ]
