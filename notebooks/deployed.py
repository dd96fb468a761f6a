"""A deployed Rubric for the notebooks, read from its CloudFormation stacks and from SageMaker."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
import sys
import tarfile
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a notebook that imports this can then import model_code

# tqdm, which the training code imports, would warn about widgets that nothing here uses.
warnings.filterwarnings("ignore", message="IProgress not found")

PROJECT = "rubric"
# A name, such as dev, or the path of a settings file, as for the rubric command.
ENVIRONMENT = Path(os.environ.get("RUBRIC_ENV", "local")).stem
NAME = f"{PROJECT}-{ENVIRONMENT}"


def quieten_sdk() -> None:
    """Log only errors of the SageMaker SDK, which logs each default that it looks up. Call it after the import."""
    for name in ("sagemaker", *(name for name in logging.root.manager.loggerDict if name.startswith("sagemaker."))):
        logging.getLogger(name).setLevel(logging.ERROR)


def outputs() -> dict[str, str]:
    """The outputs of the environment's stacks, by key; RuntimeError when it is not deployed."""
    cloudformation = boto3.client("cloudformation")
    found: dict[str, str] = {}
    for part in ("Data", "Training", "Serving", "Api"):
        stack = f"{PROJECT.capitalize()}-{ENVIRONMENT}-{part}"
        try:
            described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            how = "make demo" if ENVIRONMENT == "local" else f"make deploy ENV={ENVIRONMENT}"
            raise RuntimeError(f"{error}. `{how}` deploys {stack}; RUBRIC_ENV names another environment") from None
        found |= {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    return found


def approved_model() -> str:
    """The S3 URI of the model that serves: `s3://<bucket>/models/<training job>/output/model.tar.gz`."""
    name = outputs()["ApprovedModelParameterName"]
    return str(boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def job_of(model_uri: str) -> str:
    """The training job that made a model, which is also the model's version."""
    found = re.search(r"/(?:models|training)/([^/]+)/", model_uri)
    return found[1] if found else ""


@dataclass(frozen=True)
class Recipe:
    """The settings of the job that trained the approved model, for starting another like it."""

    job: str
    image: str
    role_arn: str
    instance_type: str
    volume_gb: int
    max_runtime_seconds: int
    hyperparameters: dict[str, Any]
    channels: dict[str, str]
    metrics: dict[str, str]


def recipe() -> Recipe:
    """The approved model's training job. Without its container's own hyperparameters (sagemaker_...)."""
    job = job_of(approved_model())
    described = boto3.client("sagemaker").describe_training_job(TrainingJobName=job)
    algorithm, resources = described["AlgorithmSpecification"], described["ResourceConfig"]
    inputs = described["InputDataConfig"]
    return Recipe(
        job=job,
        image=algorithm["TrainingImage"],
        role_arn=described["RoleArn"],
        instance_type=resources["InstanceType"],
        volume_gb=resources["VolumeSizeInGB"],
        max_runtime_seconds=described["StoppingCondition"]["MaxRuntimeInSeconds"],
        hyperparameters={
            name: value for name, value in described["HyperParameters"].items() if not name.startswith("sagemaker_")
        },
        channels={each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"] for each in inputs},
        metrics={each["Name"]: each["Regex"] for each in algorithm.get("MetricDefinitions", [])},
    )


def output_files(model_uri: str) -> dict[str, bytes]:
    """The files in the training job's output.tar.gz, by name: evaluation.json, report.html."""
    bucket, _, key = model_uri.removeprefix("s3://").partition("/")
    key = key.replace("model.tar.gz", "output.tar.gz")
    packed = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {member.name: archive.extractfile(member) for member in archive.getmembers() if member.isfile()}
        return {Path(name).name: file.read() for name, file in files.items() if file is not None}


def evaluation(model_uri: str) -> dict[str, Any]:
    """A trained model's evaluation.json."""
    return dict(json.loads(output_files(model_uri)["evaluation.json"]))


def keep(model_uri: str) -> tuple[str, str]:
    """Copies a job's model and output from `training/` to `models/`, as the gate does; the model's new S3 URI and its
    SHA-256. Can be repeated. Raises ValueError where something else is kept already.
    """
    bucket, _, key = model_uri.removeprefix("s3://").partition("/")
    target, s3 = key.replace("training/", "models/", 1), boto3.client("s3")
    digests = []
    for name in ("output.tar.gz", "model.tar.gz"):
        with tempfile.TemporaryFile() as file:
            s3.download_fileobj(bucket, key.replace("model.tar.gz", name), file)
            file.seek(0)
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
            file.seek(0)
            _write_once(s3, bucket, target.replace("model.tar.gz", name), file, digest=digests[-1])
    return f"s3://{bucket}/{target}", digests[-1]


def _write_once(s3: Any, bucket: str, key: str, file: Any, *, digest: str) -> None:
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=file, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        kept = hashlib.sha256()
        for piece in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(1 << 20):
            kept.update(piece)
        if kept.hexdigest() != digest:
            raise ValueError(f"s3://{bucket}/{key} already has other content; train again") from None
