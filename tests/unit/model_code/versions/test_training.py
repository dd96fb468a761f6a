"""A training job takes the rows of its version or none (tests/long/test_dataset_version.py trains on one)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.datasets import manifest
from model_code.dataset_generator import generate_headlines
from model_code.training import freeze, train


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of a job with the channels of a frozen version."""
    base = tmp_path / "ml"
    for channel in ("dataset", "manifest"):
        (base / "input/data" / channel).mkdir(parents=True)
    table = tmp_path / "news.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("title", "category"), *generate_headlines.headlines(400, seed=8)])
    (tmp_path / "events.jsonl").write_text("")
    asked = {"dataset": str(table), "events": str(tmp_path / "events.jsonl"), "key_share": 0.1}
    (tmp_path / "request.json").write_text(json.dumps(asked))
    assert freeze.main([str(tmp_path / "request.json"), "--folder", str(base / "input/data/dataset")]) == 0
    told = json.loads((base / "input/data/dataset/folded.json").read_text())
    for name in ("folded.json", "pending.jsonl"):
        (base / "input/data/dataset" / name).unlink()
    document: Any = {**dict.fromkeys(manifest.Manifest.__annotations__), "layout": 1, "version": "v1"}
    document["file"] = {"key": "k", "sha256": told["sha256"]}
    (base / "input/data/manifest/manifest.json").write_bytes(manifest.to_json(document))
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    monkeypatch.setenv("TRAINING_JOB_NAME", "rubric-test-1")
    return base


def run(job: Path) -> int:
    digest = manifest.digest((job / "input/data/manifest/manifest.json").read_bytes())
    return train.main(["--model", "linear", "--dataset_version", "v1", "--manifest_sha256", digest])


def test_rows_that_are_not_the_version_s_are_not_trained_on(job: Path) -> None:
    with (job / "input/data/dataset/rows.csv").open("a") as file:
        file.write("x,One more row,Health,train,,,,dataset,,\n")
    assert run(job) == 1
    assert "are not those of dataset version v1" in (job / "output/failure").read_text()
