"""One of several training processes, started by torchrun: ``worker.py <folder>`` fits the task in that folder."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from pathlib import Path

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[4])

import torch
from torch import distributed

from model_code.training.errors import TrainingError
from model_code.training.fitting.processes import launch


def main(folder: Path) -> int:
    """Fit together with the other workers; the first one saves the weights and the result. Returns the exit status."""
    rank = int(os.environ["RANK"])
    try:
        _work(folder, rank)
    except TrainingError as error:
        launch.report_failure(folder, rank, str(error), expected=True)
        return 1
    except Exception as error:  # noqa: BLE001 - the process's boundary: the reason must reach the job's description
        traceback.print_exc()
        launch.report_failure(folder, rank, f"{type(error).__name__}: {error}", expected=False)
        return 1
    return 0


def _work(folder: Path, rank: int) -> None:
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl")
    else:
        share = max(1, _cores() // int(os.environ["LOCAL_WORLD_SIZE"]))
        torch.set_num_threads(int(os.environ.setdefault("OMP_NUM_THREADS", str(share))))
        distributed.init_process_group("gloo")
    task: launch.Task = pickle.loads((folder / launch.TASK).read_bytes())
    fitted = task.fit()
    if rank == 0:
        torch.save(task.encoder.model.state_dict(), folder / launch.WEIGHTS)
        (folder / launch.FITTED).write_bytes(pickle.dumps(fitted))
    distributed.barrier()
    distributed.destroy_process_group()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
