"""Tests that a base model of the mirror is checked before it is used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from contracts.deployment import mirror
from model_code.training import mirrored
from model_code.training.errors import TrainingError


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_text(name)
    digests = {name: mirror.digest_of(tmp_path / name) for name in ("config.json", "model.safetensors")}
    (tmp_path / mirror.SUMS).write_text(mirror.sums(digests))
    return tmp_path


def digest(channel: Path) -> str:
    return hashlib.sha256((channel / mirror.SUMS).read_bytes()).hexdigest()


def test_the_files_that_the_run_was_prepared_with_pass(channel: Path) -> None:
    mirrored.check(channel, sums_sha256=digest(channel))
    mirrored.check(None, sums_sha256="")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.safetensors", "other", "model.safetensors has the SHA-256"),
        ("config.json", None, "config.json is missing"),
        (mirror.SUMS, "other", "is not the one that this run was prepared with"),
        (mirror.SUMS, None, "the channel base_model has no SHA256SUMS"),
    ],
)
def test_anything_else_ends_the_job_with_a_sentence(channel: Path, name: str, content: str | None, words: str) -> None:
    expected = digest(channel)
    (channel / name).unlink()
    if content is not None:
        (channel / name).write_text(content)
    with pytest.raises(TrainingError, match=words):
        mirrored.check(channel, sums_sha256=expected)


def test_a_missing_channel_ends_the_job(channel: Path) -> None:
    with pytest.raises(TrainingError, match="the channel base_model has no SHA256SUMS"):
        mirrored.check(None, sums_sha256=digest(channel))
