"""The cluster as SageMaker describes it, and the GPUs that torch can use."""

from __future__ import annotations

import json

import pytest

from model_code.training.errors import TrainingError
from model_code.training.instances import cluster
from model_code.training.instances.cluster import Cluster


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
    "variables",
    [
        {"SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge"},
        {"SM_RESOURCE_CONFIG": '{"current_instance_type": "ml.p5.4xlarge"}'},
    ],
)
def test_gpus_that_torch_cannot_use_end_the_job(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(TrainingError, match=r"1 GPU\(s\), but torch .* can use none: its driver \(.*\)") as raised:
        cluster.gpus({"SM_NUM_GPUS": "1", **variables})
    reason = str(raised.value)
    assert "training.instance_type ml.c7i.4xlarge" in reason
    assert f"{cluster.OLDER_CUDA} (training.image, training.image_accepted_until" in reason
    assert len(reason) <= 1024  # SageMaker's FailureReason


def test_a_gpu_beside_an_instance_without_one_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cluster.gpus({"SM_NUM_GPUS": "1", "SM_CURRENT_INSTANCE_TYPE": "ml.c7i.large"}) == 0


def test_unknown_name_of_the_first_host_is_an_error() -> None:
    with pytest.raises(TrainingError, match=r"'no-such-host\.invalid' does not resolve after 0 s"):
        cluster.wait_for_name("no-such-host.invalid", seconds=0)
