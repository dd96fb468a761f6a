"""The compatibility libraries of an image: used on a GPU instance with an older driver, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_code.training.instances import cuda_compat, nvidia
from tests.unit.model_code.conftest import ROOT

OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder@U22)\n"
CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n"
COMPILER = "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n"
GPU = {"SM_NUM_GPUS": "1", "SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the package cuda-compat: a library by its version, and links to it."""
    made = tmp_path / "compat"
    made.mkdir()
    (made / "libcuda.so.580.95.05").touch()
    (made / "libcuda.so.1").symlink_to("libcuda.so.580.95.05")
    (made / "libcuda.so").symlink_to("libcuda.so.1")
    return made


def driver(tmp_path: Path, line: str) -> Path:
    path = tmp_path / "version"
    path.write_text(line + COMPILER, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "version"), [(OPEN, (580, 65, 6)), (CLOSED, (535, 183, 1)), ("NVRM version: something else\n", None)]
)
def test_the_drivers_version_is_in_the_line_of_either_kernel_module(
    tmp_path: Path, line: str, version: tuple[int, ...] | None
) -> None:
    assert nvidia.driver(driver(tmp_path, line)) == version
    assert nvidia.driver(tmp_path / "none") is None


@pytest.mark.parametrize(("before", "after"), [({}, ""), ({"LD_LIBRARY_PATH": "/opt/efa:/lib"}, ":/opt/efa:/lib")])
def test_an_older_driver_gets_the_libraries_first_in_the_path(
    tmp_path: Path, folder: Path, before: dict[str, str], after: str
) -> None:
    environment = cuda_compat.with_libraries(GPU | before, folder=folder, driver=driver(tmp_path, CLOSED))
    assert environment == GPU | {"LD_LIBRARY_PATH": f"{folder}{after}"}
    # Started again with it, there is nothing left to do.
    assert cuda_compat.with_libraries(environment, folder=folder, driver=driver(tmp_path, CLOSED)) is None


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, CLOSED),
        ({"SM_NUM_GPUS": "0", "SM_CURRENT_INSTANCE_TYPE": "ml.c7i.4xlarge"}, CLOSED),
        ({"SM_NUM_GPUS": "1", "SM_CURRENT_INSTANCE_TYPE": "ml.c7i.4xlarge"}, CLOSED),
        (GPU, OPEN.replace("580.65.06", "580.95.05")),
        (GPU, OPEN.replace("580.65.06", "590.1")),
        (GPU, ""),
    ],
)
def test_elsewhere_the_path_stays_as_it_is(tmp_path: Path, folder: Path, environ: dict[str, str], line: str) -> None:
    assert cuda_compat.with_libraries(environ, folder=folder, driver=driver(tmp_path, line)) is None


@pytest.mark.parametrize("left", [(), ("libcuda.so.1",)])
def test_an_image_without_the_libraries_stays_as_it_is(tmp_path: Path, left: tuple[str, ...]) -> None:
    folder = tmp_path / "compat"
    if left:
        folder.mkdir()
        (folder / left[0]).touch()
    assert cuda_compat.with_libraries(GPU, folder=folder, driver=driver(tmp_path, CLOSED)) is None


def test_the_process_starts_once_more_with_its_arguments_and_without_torch(tmp_path: Path, folder: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from model_code.training.instances import cuda_compat\n"
        f"cuda_compat.use(folder=Path({str(folder)!r}), driver=Path({str(driver(tmp_path, CLOSED))!r}))\n"
        "assert 'torch' not in sys.modules\n"
        "print(os.getpid(), sys.argv[1:], os.environ['LD_LIBRARY_PATH'], sys.orig_argv[1])\n",
        encoding="utf-8",
    )
    environ = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    process = subprocess.Popen(
        [sys.executable, "-u", str(script), "--text_column", "a b", ""],
        env={**environ, **GPU, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.splitlines() == [
        "the driver is 535.183.1: CUDA uses the image's own library for older drivers, 580.95.5",
        f"{process.pid} ['--text_column', 'a b', ''] {folder} -u",
    ]


def test_the_entry_point_looks_before_it_imports_torch() -> None:
    """train.py's top-level imports must not import torch, or the libraries would come too late."""
    looks = "import sys; from model_code.training import train; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looks], cwd=ROOT, check=False, timeout=60).returncode == 0
    text = (ROOT / "model_code/training/train.py").read_text(encoding="utf-8")
    assert text.endswith('if __name__ == "__main__":\n    cuda_compat.use()\n    sys.exit(main(sys.argv[1:]))\n')
