"""Training on several processes: the same model as on one, and a failure's message reaches the job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.training.errors import TrainingError
from model_code.training.fitting.processes import launch
from model_code.training.instances.cluster import Cluster
from tests.unit.model_code.fitting import tasks
from tools.common.ports import free_port

# Nothing drawn in a step, and no rounding that a few steps could make large.
EXACT: dict[str, Any] = {
    "dropout": 0.0,
    "token_masking": 0.0,
    "batch_size": 8,
    "gradient_accumulation": 2,
    "precision": "fp32",
}

NOISE = 0.001  # for logits, which differ by units: sums in another order


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Logits and epochs of the same task on one process."""
    task = tasks.task(tmp_path_factory.mktemp("alone"), **EXACT)
    fitted = task.fit()
    assert (fitted.processes, len(fitted.epochs)) == (1, 3)
    return tasks.logits(task), fitted.epochs


def same_epochs(measured: list[dict[str, float]], expected: list[dict[str, float]]) -> None:
    for one, other in zip(measured, expected, strict=True):
        assert one["epoch"] == other["epoch"]
        assert one["valid_loss"] == pytest.approx(other["valid_loss"], abs=NOISE)
        assert one["valid_accuracy"] == pytest.approx(other["valid_accuracy"], abs=0.03)


def test_two_processes_of_a_host_train_the_same_model(
    alone: tuple[np.ndarray, list[dict[str, float]]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    task = tasks.task(tmp_path, **EXACT)
    fitted = launch.run(task, Cluster(("localhost",), "localhost", 2, port=free_port()), work=tmp_path)
    assert fitted is not None
    assert fitted.processes == 2
    same_epochs(fitted.epochs, alone[1])
    assert np.abs(tasks.logits(task) - alone[0]).max() < NOISE
    lines = [line for line in capfd.readouterr().out.splitlines() if line.startswith("progress: validate")]
    assert len(lines) == 3  # the first process's alone


def test_two_hosts_train_the_same_model_and_the_first_has_it(
    alone: tuple[np.ndarray, list[dict[str, float]]], tmp_path: Path
) -> None:
    shared = {
        "SM_HOSTS": '["127.0.0.2", "127.0.0.1"]',
        "MASTER_PORT": str(free_port()),
        "SM_NETWORK_INTERFACE_NAME": "lo",
    }
    other = tasks.start(tmp_path / "other", {**shared, "SM_CURRENT_HOST": "127.0.0.2"}, **EXACT)
    try:
        folder = tmp_path / "first"
        task = tasks.task(folder, **EXACT)
        folder.mkdir()
        here = Cluster.from_environment({**shared, "SM_CURRENT_HOST": "127.0.0.1"})
        fitted = launch.run(task, here, work=folder)
    finally:
        status, output = tasks.wait(other)
    assert status == 0, output
    assert "progress" not in output
    assert not (tmp_path / "other" / "fitted.json").exists()
    assert fitted is not None
    assert fitted.processes == 2
    same_epochs(fitted.epochs, alone[1])
    assert np.abs(tasks.logits(task) - alone[0]).max() < NOISE


def test_a_workers_failure_is_the_jobs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    task = tasks.task(tmp_path, learning_rate=1e30)
    with pytest.raises(TrainingError, match="lower the hyperparameter learning_rate"):
        launch.in_workers(task, Cluster(("localhost",), "localhost", 1, port=free_port()), tmp_path / "work")
    assert "Traceback" not in "".join(capfd.readouterr())


def test_words_for_a_person_go_before_what_other_workers_ran_into(tmp_path: Path) -> None:
    launch.report_failure(tmp_path, 1, "RuntimeError: connection closed by peer", expected=False)
    launch.report_failure(tmp_path, 0, "the loss became nan", expected=True)
    assert launch._reason(tmp_path, None, Cluster(("a", "b"), "a", 2)) == "the loss became nan"
    (tmp_path / "failure-0.json").unlink()
    reason = launch._reason(tmp_path, None, Cluster(("a", "b"), "b", 2))
    assert reason == (
        "training stopped on b: RuntimeError: connection closed by peer; the cause may be in the other instances' logs"
    )
