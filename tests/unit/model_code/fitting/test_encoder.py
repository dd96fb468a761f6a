"""A base model is the one in the settings, by the hub's commit or a digest, and never a pickle."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from local_aws_testing import archives
from model_code.training.errors import TrainingError
from model_code.training.fitting import encoder
from model_code.training.settings import Hyperparameters

COMMIT = "12040accade4e8a0f71eabdb258fecc2e7e948be"

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "text"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny BERT with its tokenizer."""
    channel = tmp_path / "channel"
    channel.mkdir()
    (channel / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizerFast(str(channel / "vocab.txt")).save_pretrained(channel)
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    BertForSequenceClassification(BertConfig(vocab_size=len(WORDS), **shape)).save_pretrained(channel)
    return channel


def build(channel: Path | None, tmp_path: Path, **changed: Any) -> encoder.Encoder:
    settings = Hyperparameters(**{"base_model": "own-files", **changed})
    return encoder.build(settings, texts=[], labels=["A", "B"], channel=channel, work=tmp_path / "work")


def test_weights_with_the_digest_that_was_given_are_used(folder: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert build(folder, tmp_path, base_model_sha256=digest).model.config.num_labels == 2
    assert build(folder, tmp_path).name == "own-files"


def test_other_weights_are_refused_before_they_are_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "_pretrained", pytest.fail)
    with pytest.raises(TrainingError, match=r"the base model's .* but training\.base_model_sha256 is 000"):
        build(folder, tmp_path, base_model_sha256="0" * 64)


def test_several_files_have_one_digest(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"model-{name}.safetensors").write_text(name)
    encoder.check_weights(tmp_path, sha256=hashlib.sha256(b"ab").hexdigest())


def test_weights_that_are_a_pickle_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"classifier.bias": torch.zeros(2)}, folder / "pytorch_model.bin")
    with pytest.raises(TrainingError, match=r"does not hold a usable model: .*safetensors"):
        build(folder, tmp_path)


def test_the_hub_is_asked_for_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def answer(source: str, **options: Any) -> Any:
        asked.append((source, options))
        raise OSError("no hub here")

    for kind in ("AutoTokenizer", "AutoModelForSequenceClassification"):
        monkeypatch.setattr(getattr(encoder, kind), "from_pretrained", answer)
    with pytest.raises(TrainingError, match=f"base model 'some/bert@{COMMIT}' cannot be fetched"):
        build(None, tmp_path, base_model=f"some/bert@{COMMIT}")
    assert asked == [("some/bert", {"revision": COMMIT})]


def test_a_base_models_archive_stays_in_its_folder(tmp_path: Path) -> None:
    channel, work = tmp_path / "channel", tmp_path / "in" / "work"
    channel.mkdir()
    work.mkdir(parents=True)
    with zipfile.ZipFile(channel / "model.zip", "w") as archive:
        for name in ("../../x", "/x", "config.json"):
            archive.writestr(name, "{}")
    assert encoder.model_folder(channel, work) == work
    assert not (tmp_path / "x").exists() and not Path("/x").exists()
    archives.write(channel / "model.zip", archives.REFUSED["through a link"])
    with pytest.raises(TrainingError, match=r"model\.zip cannot be unpacked: 'a/x' leads through a link"):
        encoder.model_folder(channel, work)
