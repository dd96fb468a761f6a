"""Tests the stages read from a job's lines, and a packed model folder."""

from __future__ import annotations

from pathlib import Path

from benchmarks.training import end_to_end
from contracts.models import artifact


def test_stages_from_the_jobs_lines() -> None:
    lines = [
        (3.0, "progress: start 0/1 job=x\n"),
        (4.0, "progress: read 9/9\n"),
        (6.0, "progress: train 1/4 epoch=0.5\n"),
        (8.0, "a sentence\n"),
        (10.0, "progress: validate 1/2\n"),
        (11.0, "progress: train 3/4\n"),
        (13.0, "progress: validate 2/2\n"),
        (15.0, "progress: done 1/1\n"),
    ]
    seconds = end_to_end.stages(lines, started=1.0, ended=16.0)
    assert seconds == {"start": 3.0, "read": 2.0, "train": 6.0, "validate": 3.0, "done": 1.0}
    assert sum(seconds.values()) == 15.0


def test_a_packed_folder_unpacks_as_an_artifact(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    for name in (artifact.MODEL_FILE, artifact.TOKENIZER_FILE, "code/inference.py"):
        (folder / name).write_bytes(b"x")
    artifact.write_json(folder / artifact.LABELS_FILE, ["a", "b"])
    artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": "v1"})
    unpacked = artifact.unpack(end_to_end.pack(folder, tmp_path / "model.tar.gz"), tmp_path / "unpacked")
    assert unpacked.labels == ("a", "b")
    assert (tmp_path / "unpacked" / "code" / "inference.py").read_bytes() == b"x"
