"""Training that is killed resumes from its newest complete checkpoint, with the same result as without a kill."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from model_code.training.errors import TrainingError
from model_code.training.fitting import checkpoints
from model_code.training.fitting.loop import callbacks
from tests.unit.model_code.fitting import tasks

STEPS = 30  # 3 epochs of 10


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job that got signal 9 while it saved step 17, in the middle of the second epoch."""
    folder = tmp_path_factory.mktemp("killed")
    status, output = tasks.wait(tasks.start(folder, kill_saving_at=17))
    assert status == -signal.SIGKILL, output
    return folder


def test_killed_training_goes_on_as_if_nothing_had_happened(
    killed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks.main(tmp_path)
    whole = json.loads((tmp_path / "fitted.json").read_text())
    assert whole["resumed_from_step"] == 0
    before = (killed / "trained.txt").read_text().splitlines()
    assert len(before) == 17
    capsys.readouterr()
    tasks.main(killed)
    output = capsys.readouterr().out
    assert "skipped checkpoint-17: it was not completely written" in output
    assert "resuming from checkpoint-16" in output
    fitted = json.loads((killed / "fitted.json").read_text())
    assert fitted["resumed_from_step"] == 16
    trained = (killed / "trained.txt").read_text().splitlines()
    assert before[:16] + trained[17:] == (tmp_path / "trained.txt").read_text().splitlines()
    assert [point["step"] for point in fitted["history"]] == list(range(1, STEPS + 1))
    assert [epoch["epoch"] for epoch in fitted["epochs"]] == [1, 2, 3]
    assert fitted["kept_epoch"] == whole["kept_epoch"]
    assert np.abs(np.load(killed / "logits.npy") - np.load(tmp_path / "logits.npy")).max() < 0.01


def test_checkpoints_of_another_model_stop_the_job(killed: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        tasks.task(killed, learning_rate=0.02, epochs=5).fit()
    sentence = str(caught.value)
    assert (
        "is a checkpoint of another model (epochs is 3 there and 5 here; learning_rate is 0.005 there and 0.02 here)"
        in sentence
    )
    assert "empty the job's checkpoint location" in sentence
    other = tasks.task(killed)
    with torch.no_grad():
        other.encoder.model.classifier.weight.add_(1)
    with pytest.raises(TrainingError, match=r"another model \(weights before training"):
        other.fit()


def written(root: Path, step: int, *, best: int | None, resumable: bool = True) -> Path:
    """A checkpoint's folder with the files that matter here."""
    folder = checkpoints.folder_of(root, step)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights %d" % step)
    if resumable:
        (folder / checkpoints.OPTIMIZER).write_bytes(b"moments")
    (folder / checkpoints.STATE).write_text(json.dumps({"best_global_step": best}))
    checkpoints.mark(folder, belongs_to={"seed": 13})
    return folder


def steps(root: Path) -> list[int]:
    return [checkpoint.step for checkpoint in checkpoints.usable(root)]


def test_only_whole_checkpoints_with_their_best_model_are_usable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps(tmp_path / "absent") == []
    written(tmp_path, 10, best=None)
    written(tmp_path, 20, best=20, resumable=False)  # the best epoch's weights alone
    whole = written(tmp_path, 25, best=20)
    (tmp_path / "notes").mkdir()
    assert steps(tmp_path) == [25, 10]
    shorter = written(tmp_path, 30, best=20)
    (shorter / checkpoints.OPTIMIZER).write_bytes(b"mom")
    changed = written(tmp_path, 31, best=20)
    (changed / "model.safetensors").write_bytes(b"weights 3!")
    (written(tmp_path, 32, best=20) / "model.safetensors").unlink()
    (written(tmp_path, 33, best=20) / checkpoints.MARKER).write_text('{"belongs_to": {')
    (tmp_path / "checkpoint-34").mkdir()
    assert steps(tmp_path) == [25, 10]
    output = capsys.readouterr().out
    for step in (30, 31, 32, 33, 34):
        assert f"skipped checkpoint-{step}: it was not completely written" in output
    (checkpoints.folder_of(tmp_path, 20) / "model.safetensors").unlink()
    assert steps(tmp_path) == [10]
    assert "skipped checkpoint-25: the best model so far, of step 20, is missing" in capsys.readouterr().out
    assert whole.is_dir()


def test_thinning_out_keeps_what_going_on_needs(tmp_path: Path) -> None:
    for step, best in ((10, None), (20, 20), (25, 20), (30, 30)):
        written(tmp_path, step, best=best, resumable=step == 25)
    checkpoints.thin_out(tmp_path, resumable=25, best=30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-20", "checkpoint-25", "checkpoint-30"]
    (tmp_path / "other").mkdir()
    checkpoints.clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_best_model_is_found_where_the_checkpoints_lie_now(tmp_path: Path) -> None:
    best = written(tmp_path, 20, best=20, resumable=False)
    keeper = callbacks.CheckpointKeeper(tmp_path, belongs_to={}, steps_per_epoch=10, seconds=120)
    state = SimpleNamespace(global_step=25, best_global_step=20, best_model_checkpoint="/elsewhere/checkpoint-20")
    keeper.on_train_begin(SimpleNamespace(), state, None)
    assert state.best_model_checkpoint == str(best)
