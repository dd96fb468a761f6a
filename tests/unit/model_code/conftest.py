"""Training jobs as real processes, in folders of the test's own."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from model_code.dataset_generator import generate_headlines

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # other tests and processes need the cores (decision 0022)

ROOT = Path(__file__).resolve().parents[3]
TINY = (
    "--model",
    "encoder",
    "--epochs",
    "15",
    "--hidden_size",
    "64",
    "--heads",
    "2",
    "--vocab_size",
    "1200",
    "--batch_size",
    "16",
    "--learning_rate",
    "0.002",
)


@dataclass(frozen=True)
class Job:
    """A finished training job: its folder (SAGEMAKER_BASE_DIR), exit status and output."""

    base: Path
    status: int
    output: str

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text(encoding="utf-8")


def run_job(base: Path, *arguments: str, name: str = "rubric-test-1", **environ: str) -> Job:
    """Run the training entry point as SageMaker does, on the files in ``base/input/data``."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SM_")}
    environment |= {"SAGEMAKER_BASE_DIR": str(base), "TRAINING_JOB_NAME": name, **environ}
    done = subprocess.run(
        [sys.executable, str(ROOT / "model_code/training/train.py"), *arguments],
        env=environment,
        cwd=base,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Job(base, done.returncode, done.stdout + done.stderr)


def write_dataset(base: Path, content: str | bytes, name: str = "data.csv") -> Path:
    """Put a file in the dataset channel."""
    path = base / "input" / "data" / "dataset" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@functools.cache
def tiny_job(base: Path) -> Job:
    """A tiny model, trained once in a new folder on 500 generated headlines and three bad rows."""
    base.mkdir()
    path = write_dataset(base, "")
    generate_headlines.main(["--output", str(path), "--rows", "500", "--seed", "3"])
    with path.open("a", encoding="utf-8") as file:
        file.write(",Business\nNo label at all,\nToo,many,columns\n")
    deps = base / "input" / "data" / "serving_deps"
    deps.mkdir()
    vendored = base / "vendored_example.py"
    vendored.write_text("NAME = 'vendored'\n", encoding="utf-8")
    with tarfile.open(deps / "vendor.tar.gz", "w:gz") as tar:
        tar.add(vendored, vendored.name)
    job = run_job(base, *TINY)
    assert job.status == 0, job.output
    return job


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A tiny model, trained once for the whole session."""
    return tiny_job(tmp_path_factory.getbasetemp() / "tiny")
