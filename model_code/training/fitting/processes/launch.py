"""Fitting on all processes of a job: in this one if it is the only one, else in workers that torchrun starts."""

from __future__ import annotations

import json
import logging
import os
import pickle
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.fitting import fit
from model_code.training.fitting.encoder import Encoder
from model_code.training.instances import cluster as clusters
from model_code.training.instances.cluster import Cluster
from model_code.training.settings import Hyperparameters

WORKER = Path(__file__).with_name("worker.py")
TASK, WEIGHTS, FITTED = "task.pickle", "weights.pt", "fitted.pickle"
RENDEZVOUS_SECONDS = 900  # each instance prepares the data first, some more slowly


@dataclass(frozen=True)
class Task:
    """The arguments of ``fit.fit``, the same for every process of a job."""

    encoder: Encoder
    rows: Sequence[Row]
    valid: Sequence[Row]
    labels: Sequence[str]
    settings: Hyperparameters
    max_length: int
    checkpoints: Path

    def fit(self) -> fit.Fitted:
        """Fit in this process, together with the others, if there are any."""
        return fit.fit(
            self.encoder,
            self.rows,
            valid=self.valid,
            labels=self.labels,
            settings=self.settings,
            max_length=self.max_length,
            checkpoints=self.checkpoints,
        )


def run(task: Task, cluster: Cluster, *, work: Path) -> fit.Fitted | None:
    """Train ``task.encoder.model`` in place, on the first host; None, with the model as it was, on the others.

    ``work``: a folder to exchange files with the workers. TrainingError with a worker's message when one fails.
    """
    if cluster.processes == 1:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # or Trainer would divide batches among all GPUs itself
        return task.fit()
    return in_workers(task, cluster, work / "workers")


def in_workers(task: Task, cluster: Cluster, folder: Path) -> fit.Fitted | None:
    """Like ``run``, but always in worker processes; creates ``folder``."""
    folder.mkdir()
    (folder / TASK).write_bytes(pickle.dumps(task))
    _launch(cluster, folder)
    if not cluster.first:
        return None
    task.encoder.model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    fitted: fit.Fitted = pickle.loads((folder / FITTED).read_bytes())
    return fitted


def report_failure(folder: Path, rank: int, message: str, *, expected: bool) -> None:
    """Leave a worker's error message; ``expected``: it was written for the user, as TrainingErrors are."""
    content = {"message": message, "expected": expected, "time": time.time()}
    (folder / f"failure-{rank}.json").write_text(json.dumps(content), encoding="utf-8")


def _launch(cluster: Cluster, folder: Path) -> None:
    if len(cluster.hosts) > 1:
        clusters.wait_for_name(cluster.master)
    if cluster.interface:
        for library in ("GLOO", "NCCL"):
            os.environ.setdefault(f"{library}_SOCKET_IFNAME", cluster.interface)
    config = LaunchConfig(
        min_nodes=len(cluster.hosts),
        max_nodes=len(cluster.hosts),
        nproc_per_node=cluster.local,
        run_id=os.environ.get("TRAINING_JOB_NAME", "rubric"),
        rdzv_backend="static",
        rdzv_endpoint=f"{cluster.master}:{cluster.port}",
        rdzv_configs={"rank": cluster.position, "timeout": RENDEZVOUS_SECONDS},
        max_restarts=0,
    )
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # the workers' messages say more
    try:
        elastic_launch(config, sys.executable)("-u", str(WORKER), str(folder))
    except ChildFailedError as error:
        raise TrainingError(_reason(folder, error, cluster)) from error
    except (RuntimeError, OSError) as error:
        raise TrainingError(
            f"the job's {len(cluster.hosts)} instances could not connect at {cluster.master}:{cluster.port}: {error}; "
            "check that the port is free and that the instances' security groups let them reach each other"
        ) from error


def _reason(folder: Path, error: ChildFailedError, cluster: Cluster) -> str:
    """The message of the worker that failed first; an expected error comes before those that it caused in others."""
    failures: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("failure-*.json")
    ]
    if failures:
        first = min(failures, key=lambda each: (not each["expected"], each["time"]))
        if first["expected"]:
            return str(first["message"])
        if len(cluster.hosts) > 1:
            return (
                f"training stopped on {cluster.host}: {first['message']}; the cause may be in the other instances' logs"
            )
        return f"unexpected {first['message']}"
    _, failure = error.get_first_failure()
    if failure.exitcode < 0:
        return (
            f"a training process was killed by signal {-failure.exitcode}, probably because memory ran out; "
            "lower the hyperparameter batch_size or use a larger instance"
        )
    return f"a training process exited with status {failure.exitcode}; see the job's log"
