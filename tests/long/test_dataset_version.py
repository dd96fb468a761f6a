"""From a dataset to a version and a model trained on it, by the scripts that `rubric data` and the job run."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from contracts.datasets import manifest
from model_code.dataset_generator import generate_headlines
from tests.clone import ROOT

PYTHON, SCRIPTS = ROOT / ".venv-model" / "bin" / "python", ROOT / "model_code" / "training"


def run(script: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), str(SCRIPTS / script), *arguments]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_the_evaluation_names_the_version_and_has_its_parts(tmp_path: Path) -> None:
    base = tmp_path / "ml"
    dataset, channel = (base / "input/data" / name for name in ("dataset", "manifest"))
    dataset.mkdir(parents=True)
    channel.mkdir()
    with (tmp_path / "news.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("title", "category"), *generate_headlines.headlines(400, seed=8)])
    (tmp_path / "events.jsonl").touch()
    asked = {"dataset": str(tmp_path / "news.csv"), "events": str(tmp_path / "events.jsonl"), "key_share": 0.1}
    (tmp_path / "request.json").write_text(json.dumps(asked))
    frozen = run("freeze.py", str(tmp_path / "request.json"), "--folder", str(tmp_path))
    assert frozen.returncode == 0, frozen.stderr
    told = json.loads((tmp_path / "folded.json").read_text())
    (tmp_path / manifest.ROWS_FILE).rename(dataset / manifest.ROWS_FILE)
    document: Any = {**dict.fromkeys(manifest.Manifest.__annotations__), "layout": 1, "version": "v1"}
    document["file"] = {"key": "k", "sha256": told["sha256"]}
    content = manifest.to_json(document)
    (channel / manifest.MANIFEST_FILE).write_bytes(content)
    digest = manifest.digest(content)
    arguments = ("--model", "linear", "--dataset_version", "v1", "--manifest_sha256", digest)
    trained = run("train.py", *arguments, SAGEMAKER_BASE_DIR=str(base))
    assert trained.returncode == 0, trained.stderr
    evaluation = json.loads((base / "model/evaluation.json").read_text())
    assert (evaluation["dataset_version"], evaluation["manifest_sha256"]) == ("v1", digest)
    assert evaluation["counts"] == {part: sum(of.values()) for part, of in told["parts"].items()}
    assert "dataset version" in evaluation["split"]
