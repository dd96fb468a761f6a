"""Fitting on all processes of a job: in this process where it is the only one, else in workers that torchrun starts."""

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
MEETING_SECONDS = 900  # instances prepare the same data, some of them slower


@dataclass(frozen=True)
class Task:
    """The arguments of ``fit.fit``, which every process of a job gets alike."""

    encoder: Encoder
    rows: Sequence[Row]
    valid: Sequence[Row]
    labels: Sequence[str]
    settings: Hyperparameters
    max_length: int
    checkpoints: Path

    def fit(self) -> fit.Fitted:
        """Fit in this process, together with the others where there are some."""
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

    ``work``: a folder for what this process and the workers hand each other. TrainingError with a worker's sentence
    when one fails.
    """
    if cluster.processes == 1:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # or Trainer would divide batches among all GPUs itself
        return task.fit()
    return in_workers(task, cluster, work / "workers")


def in_workers(task: Task, cluster: Cluster, folder: Path) -> fit.Fitted | None:
    """The same, always in processes of their own; ``folder`` is made."""
    folder.mkdir()
    (folder / TASK).write_bytes(pickle.dumps(task))
    _launch(cluster, folder)
    if not cluster.first:
        return None
    task.encoder.model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    fitted: fit.Fitted = pickle.loads((folder / FITTED).read_bytes())
    return fitted


def report_failure(folder: Path, rank: int, sentence: str, *, expected: bool) -> None:
    """A worker's last words: ``expected`` where they are meant for a person."""
    content = {"sentence": sentence, "expected": expected, "time": time.time()}
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
        rdzv_configs={"rank": cluster.position, "timeout": MEETING_SECONDS},
        max_restarts=0,
    )
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # the workers' own words say more
    try:
        elastic_launch(config, sys.executable)("-u", str(WORKER), str(folder))
    except ChildFailedError as error:
        raise TrainingError(_reason(folder, error, cluster)) from error
    except (RuntimeError, OSError) as error:
        raise TrainingError(
            f"the job's {len(cluster.hosts)} instances could not meet at {cluster.master}:{cluster.port}: {error}; "
            f"is the port free, and do the instances' security groups let them reach each other?"
        ) from error


def _reason(folder: Path, error: ChildFailedError, cluster: Cluster) -> str:
    """The sentence of the worker that failed first; words for a person go before what the others then ran into."""
    failures: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("failure-*.json")
    ]
    if failures:
        first = min(failures, key=lambda each: (not each["expected"], each["time"]))
        if first["expected"]:
            return str(first["sentence"])
        if len(cluster.hosts) > 1:
            return f"training stopped on {cluster.host}: {first['sentence']}; the other instances' logs may say why"
        return f"unexpected {first['sentence']}"
    _, failure = error.get_first_failure()
    if failure.exitcode < 0:
        return (
            f"a training process was killed by signal {-failure.exitcode}, most often for lack of memory; "
            "lower the hyperparameter batch_size or take a larger instance"
        )
    return f"a training process ended with exit code {failure.exitcode}; the job's log says why"
