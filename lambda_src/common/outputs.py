"""Where a training job's output is in the artifact bucket.

The job's role writes under `training/` and may not write under `models/`, which the gate fills: once for each job.
"""

from __future__ import annotations

STAGED, KEPT = "training", "models"
MODEL, OUTPUT = "model.tar.gz", "output.tar.gz"
EVALUATION = "evaluation.json"


def staged(job_name: str, file: str) -> str:
    """The key that SageMaker writes one of a job's archives at (API reference, OutputDataConfig.S3OutputPath)."""
    return f"{STAGED}/{job_name}/output/{file}"


def kept(job_name: str, file: str) -> str:
    """The key that the gate keeps it at."""
    return f"{KEPT}/{job_name}/output/{file}"
