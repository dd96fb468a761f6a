"""The instances of a training job and the processes on each, from the variables that SageMaker sets."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from model_code.training.errors import TrainingError
from model_code.training.instances import nvidia

# The newest image of AWS with CUDA 12 (environments/aws/images.yaml: training_gpu_cuda12).
OLDER_CUDA = "pytorch-training:2.8.0-gpu-py312-cu129-ubuntu22.04-sagemaker"
PORT = 29400  # of the first host, where the processes connect
NAME_SECONDS = 300.0  # an instance's name resolves only once it has started


@dataclass(frozen=True)
class Cluster:
    """``hosts``: the same list on each; ``host``: this one; ``local``: training processes on each host."""

    hosts: tuple[str, ...]
    host: str
    local: int
    port: int = PORT
    interface: str = ""

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] = os.environ, *, processes_per_host: int = 0, gpus: int = 0
    ) -> Cluster:
        """The documented SM_HOSTS and SM_CURRENT_HOST; without them, this machine alone.

        ``processes_per_host`` 0: one for each of the ``gpus`` of this host, or one without GPUs. TrainingError
        when the variables contradict each other, or when several processes would share a GPU.
        """
        try:
            hosts = tuple(sorted(json.loads(environ.get("SM_HOSTS") or "[]"))) or ("localhost",)
        except (ValueError, TypeError) as error:
            raise TrainingError(f"SM_HOSTS is {environ['SM_HOSTS']!r}; it must be a JSON list of host names") from error
        host = environ.get("SM_CURRENT_HOST") or hosts[0]
        if host not in hosts:
            raise TrainingError(f"SM_CURRENT_HOST is {host!r}, which is not among SM_HOSTS: {', '.join(hosts)}")
        if gpus and processes_per_host > gpus:
            raise TrainingError(
                f"hyperparameter processes_per_host is {processes_per_host} but the instance has {gpus} GPUs; "
                f"set it to at most {gpus}, or to 0 for one process per GPU"
            )
        port = environ.get("MASTER_PORT") or str(PORT)
        if not port.isdecimal():
            raise TrainingError(f"MASTER_PORT is {port!r}; it must be a port number")
        return cls(
            hosts, host, processes_per_host or gpus or 1, int(port), environ.get("SM_NETWORK_INTERFACE_NAME", "")
        )

    @property
    def first(self) -> bool:
        """Whether this is the host that exports and evaluates the model."""
        return self.host == self.hosts[0]

    @property
    def position(self) -> int:
        """This host's place in the list."""
        return self.hosts.index(self.host)

    @property
    def processes(self) -> int:
        """Training processes on all hosts."""
        return len(self.hosts) * self.local

    @property
    def master(self) -> str:
        """The host to which the processes connect."""
        return "127.0.0.1" if len(self.hosts) == 1 else self.hosts[0]


def gpus(environ: Mapping[str, str] = os.environ) -> int:
    """GPUs of this host. TrainingError when SageMaker counts some but torch can use none.

    CUDA 13 needs a driver of branch 580 or newer (docs.nvidia.com/deploy/cuda-compatibility), or NVIDIA's libraries for
    older ones (``cuda_compat``). Otherwise torch would train on the CPU, at the price of the GPU, until the job's
    time limit.
    """
    counted = environ.get("SM_NUM_GPUS", "")
    if counted.isdecimal() and not int(counted):
        return 0
    import torch

    usable = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if usable or not expects_gpu(environ):
        return usable
    raise TrainingError(
        f"the instance has {counted} GPU(s), but torch {torch.__version__} (CUDA {torch.version.cuda}) can use none: "
        f"its driver ({nvidia.named(nvidia.driver()) or 'version unknown'}) may be too old for the image; train on an "
        f"instance without a GPU, such as training.instance_type ml.c7i.4xlarge, or on AWS's image {OLDER_CUDA} "
        "(training.image, training.image_accepted_until; see docs/troubleshooting.md)"
    )


def expects_gpu(environ: Mapping[str, str]) -> bool:
    """Whether this is a GPU instance on which SageMaker counts at least one.

    The local AWS trains on whatever GPU the machine has, and counts one that torch may be unable to use.
    """
    counted = environ.get("SM_NUM_GPUS", "")
    instance_type = environ.get("SM_CURRENT_INSTANCE_TYPE") or _instance_type(environ)
    return counted.isdecimal() and int(counted) > 0 and bool(re.match(r"ml\.(g|p)\d", instance_type))


def _instance_type(environ: Mapping[str, str]) -> str:
    """The instance type in SM_RESOURCE_CONFIG, or an empty string."""
    try:
        return str(json.loads(environ.get("SM_RESOURCE_CONFIG") or "{}").get("current_instance_type") or "")
    except (ValueError, AttributeError):
        return ""


def wait_for_name(host: str, *, seconds: float = NAME_SECONDS) -> None:
    """Wait until the host's name resolves; TrainingError when it does not in time."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.getaddrinfo(host, None)
            return
        except OSError as error:
            if time.monotonic() > until:
                raise TrainingError(
                    f"the name of the job's first instance {host!r} does not resolve after {seconds:.0f} s ({error}); "
                    "start the job again"
                ) from error
        time.sleep(1)
