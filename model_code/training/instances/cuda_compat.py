"""NVIDIA's compatibility libraries, which let an image's CUDA run on a host with an older driver than it needs.

AWS's images bring them, but nothing puts them into the loader's path: the container toolkit no longer does
(docs.aws.amazon.com/sagemaker/latest/dg/container-nvidia-compliance.html), and the images' start script sets the path
in a shell that has ended before training begins. The loader reads the path when a process starts, so the training
process is started a second time. The workers that it starts inherit the path.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from model_code.training.instances import nvidia
from model_code.training.instances.cluster import expects_gpu

FOLDER = Path("/usr/local/cuda/compat")
PATH = "LD_LIBRARY_PATH"


def use(*, folder: Path = FOLDER, driver: Path = nvidia.DRIVER) -> None:
    """Restart this process with the libraries if it needs them and does not have them yet.

    Call this before importing torch.
    """
    environ = with_libraries(os.environ, folder=folder, driver=driver)
    if environ is None:
        return
    newer, older = nvidia.named(nvidia.library(folder)), nvidia.named(nvidia.driver(driver))
    print(f"the driver is {older}: CUDA uses the image's own library for older drivers, {newer}", flush=True)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environ)


def with_libraries(environ: Mapping[str, str], *, folder: Path, driver: Path) -> dict[str, str] | None:
    """The environment with ``folder`` first in the loader's path; None when nothing needs to change.

    That is: when no GPU is expected, when the driver is as new as the library (the comparison of AWS's
    start_cuda_compat.sh), or when the path already has the folder. ``driver``: the file with its version.
    """
    before = environ.get(PATH, "")
    if not expects_gpu(environ) or str(folder) in before.split(":"):
        return None
    library, running = nvidia.library(folder), nvidia.driver(driver)
    if library is None or running is None or running >= library:
        return None
    return {**environ, PATH: f"{folder}:{before}" if before else str(folder)}
