"""Tests that a base model of the mirror is checked before it is used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from contracts.deployment import mirror
from model_code.training import mirrored
from model_code.training.errors import TrainingError
from tests.unit.model_code.conftest import run_job, write_dataset


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


def test_the_job_checks_before_it_reads_anything(tmp_path: Path) -> None:
    base_model = tmp_path / "input" / "data" / "base_model"
    base_model.mkdir(parents=True)
    (base_model / mirror.SUMS).write_text(mirror.sums({"config.json": "0" * 64}))
    write_dataset(tmp_path, "no dataset at all")
    job = run_job(tmp_path, "--base_model", "tiny/bert@1", "--base_model_files_sha256", digest(base_model))
    assert job.status == 1
    assert (tmp_path / "output" / "failure").read_text() == (
        "of the base model's files in the channel base_model, config.json is missing; `rubric mirror --check` says "
        "what is wrong in the mirror, `rubric mirror` repairs it"
    )
