"""The layout of the dataset bucket and of the artifact bucket.

A training job writes under `training/`. Only the gate writes under `models/`, once for each job.
"""

from __future__ import annotations

# The dataset bucket: every version of the dataset, under its own digest.
DATASETS = "datasets/"
# The artifact bucket.
TRAINING = "training/"
MODELS = "models/"
CHECKPOINTS = "checkpoints/"
# What isolated training jobs need from the internet (contracts/deployment/mirror.py).
MIRROR = "mirror/"
CAPTURE = "capture/"
BATCH = "batch/"
BATCH_STAGING = f"{BATCH}staging/"
RECOMMEND = "recommend/"
DRIFT = "drift/"
# Decisions to retrain or not, a file each, in the order of their times.
RETRAINING = "retraining/decisions/"
# Promotions whose parameters have been deleted, a file each: a turn's parameter, by its number.
PROMOTIONS = "promotions/"
# How far drift looks have counted the request log, and what they know of each model version.
DRIFT_STATE = f"{DRIFT}state.json"
# What features were computed from so far, and what the gate's report says of callers and publishers.
FEATURES = "features/"
FEATURES_STATE = f"{FEATURES}state.json"
FEATURES_SUMMARY = f"{FEATURES}summary.json"

# A training job's archives: the model, and the contents of /opt/ml/output/data.
MODEL_FILE, OUTPUT_FILE = "model.tar.gz", "output.tar.gz"
# Members of the output archive. The gate also stores the first, with its verdict, and the last as files of their own.
EVALUATION_FILE, REPORT_FILE, BASELINE_FILE = "evaluation.json", "report.html", "baseline.json"
# A member too, which the gate keeps as a file of its own: what the model is made of (contracts/supply/bom.py).
BILL_FILE = "sbom.cdx.json"


def staged(job_name: str, file: str) -> str:
    """The key at which SageMaker writes one of a job's archives (API reference, OutputDataConfig.S3OutputPath)."""
    return f"{TRAINING}{job_name}/output/{file}"


def kept(job_name: str, file: str) -> str:
    """The key at which the gate keeps one of a job's archives."""
    return f"{MODELS}{job_name}/output/{file}"


def evaluation(job_name: str) -> str:
    """The key of a judged model's evaluation. job_name: `*` for a pattern that matches all."""
    return f"{MODELS}{job_name}/{EVALUATION_FILE}"


def drift_report(model_version: str) -> str:
    """The key of what drift looks say of a model version. model_version: `*` for a pattern that matches all."""
    return f"{DRIFT}{model_version}/report.json"


def baseline(job_name: str) -> str:
    """The key of what a model's later answers are compared with. job_name: `*` for a pattern that matches all."""
    return f"{MODELS}{job_name}/{BASELINE_FILE}"


def bill(job_name: str) -> str:
    """The key of a model's bill of materials."""
    return f"{MODELS}{job_name}/{BILL_FILE}"


def promotion(number: int) -> str:
    """The key of a promotion's record once its parameter is deleted."""
    return f"{PROMOTIONS}{number:06d}.json"


def model_version(artifact_uri: str) -> str:
    """The training job's name in `s3://<bucket>/models/<job>/output/model.tar.gz`; "" for any other location."""
    parts = artifact_uri.split("/")
    kept_there = len(parts) >= 7 and parts[-4] == MODELS.rstrip("/") and parts[-2] == "output"
    return parts[-3] if kept_there else ""
