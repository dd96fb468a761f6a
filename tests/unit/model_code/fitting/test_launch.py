"""Training on several processes: the same model as on one, and a failure's sentence reaches the job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.training.errors import TrainingError
from model_code.training.fitting import launch
from model_code.training.instances import cluster
from model_code.training.instances.cluster import Cluster
from tests.unit.model_code.fitting import tasks
from tools.ports import free_port

# Nothing drawn in a step, and no rounding that a few steps could make large.
EXACT: dict[str, Any] = {
    "dropout": 0.0,
    "token_masking": 0.0,
    "batch_size": 8,
    "gradient_accumulation": 2,
    "precision": "fp32",
}
NOISE = 0.001  # of a logit, which differ by units: sums in another order


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


def same_epochs(found: list[dict[str, float]], expected: list[dict[str, float]]) -> None:
    for one, other in zip(found, expected, strict=True):
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
    told = launch._reason(tmp_path, None, Cluster(("a", "b"), "b", 2))
    assert told == (
        "training stopped on b: RuntimeError: connection closed by peer; the other instances' logs may say why"
    )


def test_cluster_is_read_from_sagemakers_variables() -> None:
    alone = Cluster.from_environment({})
    assert (alone.hosts, alone.processes, alone.first, alone.master) == (("localhost",), 1, True, "127.0.0.1")
    environ = {
        "SM_HOSTS": json.dumps(["algo-2", "algo-1"]),
        "SM_CURRENT_HOST": "algo-2",
        "SM_NETWORK_INTERFACE_NAME": "eth0",
    }
    second = Cluster.from_environment(environ, gpus=4)
    assert (second.first, second.position, second.local, second.processes) == (False, 1, 4, 8)
    assert (second.master, second.port, second.interface) == ("algo-1", 29400, "eth0")
    assert cluster.gpus({"SM_NUM_GPUS": "0"}) == 0


@pytest.mark.parametrize(
    ("environ", "options", "sentence"),
    [
        ({"SM_HOSTS": "algo-1"}, {}, "it must be a JSON list"),
        ({"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-3"}, {}, "'algo-3', which is not among SM_HOSTS: algo-1"),
        ({"MASTER_PORT": "http"}, {}, "MASTER_PORT is 'http'; it must be a port number"),
        ({}, {"processes_per_host": 3, "gpus": 2}, "processes_per_host is 3 but the instance has 2 GPUs"),
    ],
)
def test_contradictions_are_named(environ: dict[str, str], options: dict[str, int], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        Cluster.from_environment(environ, **options)


def test_gpus_that_torch_can_use_are_sagemakers_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    assert cluster.gpus({"SM_NUM_GPUS": "4"}) == cluster.gpus({}) == 4


@pytest.mark.parametrize(
    "said",
    [
        {"SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge"},
        {"SM_RESOURCE_CONFIG": '{"current_instance_type": "ml.p5.4xlarge"}'},
    ],
)
def test_gpus_that_torch_cannot_use_end_the_job(said: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(TrainingError, match=r"1 GPU\(s\) but torch .* can use none: its driver \(.*\)") as raised:
        cluster.gpus({"SM_NUM_GPUS": "1", **said})
    way_out = str(raised.value)
    assert "training.instance_type ml.c7i.4xlarge" in way_out
    assert f"{cluster.OLDER_CUDA} (training.image, training.image_accepted_until" in way_out
    assert len(way_out) <= 1024  # SageMaker's FailureReason


def test_a_gpu_beside_an_instance_without_one_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cluster.gpus({"SM_NUM_GPUS": "1", "SM_CURRENT_INSTANCE_TYPE": "ml.c7i.large"}) == 0


def test_unknown_name_of_the_first_host_is_an_error() -> None:
    with pytest.raises(TrainingError, match=r"'no-such-host\.invalid' is still unknown after 0 s"):
        cluster.wait_for_name("no-such-host.invalid", seconds=0)
