"""Labels become a dataset version and a model in one run: the pipeline's machine, its functions and the real job.

The jobs are isolated: they have no network, and their code comes as a channel.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from contracts.datasets import fold, ledger, manifest
from contracts.deployment import mirror
from lambda_src.common import dynamodb
from local_aws.containers.processes import isolation
from local_aws_testing.cloud import MACHINE_ROLE, ROLE, SERVE, Cloud, tar
from local_aws_testing.server import start, wait_for
from model_code.dataset_generator import generate_headlines
from stacks.training.machines import training
from stacks.training.machines.training_job import CHANNELS
from tests.clone import ROOT
from tests.contract.sagemaker.functions import make_real_function
from tests.stacks.training.machines.definitions import JOB
from tests.tables import make_ledger
from tools.bundling import build, targets

IMAGE, GROUP = "tests/real-train:1", "rubric-test"
LOCK = "ab" * 32  # the digest that the packages' folder of the mirror is named after
NEW, LATER = "A cure for hiccups found in Ulm", "A comet without a tail seen over Ulm"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local AWS whose training jobs run the job's real code."""
    python = str(ROOT / ".venv-model/bin/python")
    images = {"tests/real-train:*": {"train": [python, "$SAGEMAKER_PROGRAM"]}}
    shown = {"LOCAL_AWS_IMAGES": json.dumps(images), "LOCAL_AWS_CONTAINER_PYTHON": python, "OMP_NUM_THREADS": "1"}
    with mock.patch.dict(os.environ, shown):
        server = start(tmp_path_factory.mktemp("fold-in-job"))
    try:
        cloud = Cloud(server)
        cloud.prepare()
        yield cloud
    finally:
        server.stop()


@pytest.fixture(scope="module")
def pipeline(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The training machine's ARN; its promotion does nothing."""
    build.build(targets.TARGETS, root=ROOT, out=ROOT / "build")
    for bucket in ("datasets", "artifacts", "assets"):
        cloud.s3.create_bucket(Bucket=bucket)
        cloud.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    table = io.StringIO()
    csv.writer(table).writerows([("title", "category"), *generate_headlines.headlines(400, seed=8)])
    cloud.s3.put_object(Bucket="assets", Key="0a1b2c.csv", Body=table.getvalue().encode())
    code = (ROOT / "build/training/sourcedir.tar.gz").read_bytes()
    cloud.s3.put_object(Bucket="assets", Key="code.tar.gz", Body=without_requirements(code))
    make_ledger(cloud.server.client("dynamodb"), "ledger")
    secret = cloud.server.client("secretsmanager").create_secret(Name="erasure", SecretString="k" * 64)["ARN"]
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    hyperparameters = {
        "sagemaker_program": "model_code/training/train.py",
        "sagemaker_submit_directory": f"{CHANNELS}/{mirror.CODE_CHANNEL}/code.tar.gz",
        "model": "linear",
    }
    stores = {"DATASET_BUCKET": "datasets", "ARTIFACT_BUCKET": "artifacts", "LEDGER_TABLE": "ledger"}
    shared = {**stores, "ERASURE_KEY_ARN": secret}
    prepare = make_real_function(
        cloud.server, "prepare_training", folder=tmp_path_factory.mktemp("prepare"), PROJECT="rubric",
        DATASET_SOURCE="file", DATASET_ASSET_BUCKET="assets", DATASET_ASSET_KEY="0a1b2c.csv",
        DATASET_FILE_NAME="news.csv", APPROVED_MODEL_PARAMETER="/rubric/test/approved-model", UNTRUSTED_SHARE="0.5",
        HYPERPARAMETERS=json.dumps(hyperparameters), CODE_URI="s3://assets/code.tar.gz", WHEELS_LOCK_SHA256=LOCK,
        **shared,
    )  # fmt: skip
    gate = make_real_function(
        cloud.server, "gate", folder=tmp_path_factory.mktemp("gate"), MIN_ACCURACY="0.3", MIN_MACRO_F1="0.3",
        MAX_REGRESSION="1", MAX_POSSIBLE_REGRESSION="1", **shared,
    )  # fmt: skip
    nothing = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    promotion = machine(cloud, "promotion", nothing)
    parts = training.PipelineParts(
        partition="aws",
        prepare_arn=prepare,
        gate_arn=gate,
        promotion_arn=promotion,
        promotion_execution_arn=promotion.replace(":stateMachine:", ":execution:"),
        promote_arn="never called",
        job=replace(JOB, image=IMAGE, role_arn=ROLE, isolated=True),
        registration=training.Registration(
            group=GROUP, image=SERVE, inference_instance_types=["ml.c7i.large"],
            transform_instance_types=["ml.m5.large"],
        ),
        manual_approval=False,
    )  # fmt: skip
    return machine(cloud, "training", training.definition(parts))


def without_requirements(code: bytes) -> bytes:
    """The job's code without the packages to install, which its Python has."""
    with tarfile.open(fileobj=io.BytesIO(code)) as archive:
        files = {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
            if member.isfile() and member.name != "requirements.txt"
        }
    return tar(files)


def machine(cloud: Cloud, name: str, definition: dict[str, Any]) -> str:
    made = cloud.server.client("stepfunctions").create_state_machine(
        name=f"fold-{name}", definition=json.dumps(definition), roleArn=MACHINE_ROLE
    )
    return str(made["stateMachineArn"])


def run(cloud: Cloud, pipeline: str) -> dict[str, Any]:
    """The output of a run that folds the ledger."""
    found = ended_run(cloud, pipeline, **{fold.FOLD_LEDGER: True})
    assert found["status"] == "SUCCEEDED", found
    return dict(json.loads(found["output"]))


def ended_run(cloud: Cloud, pipeline: str, **given: Any) -> dict[str, Any]:
    """A run's description, once it has ended."""
    client = cloud.server.client("stepfunctions")
    arn = client.start_execution(stateMachineArn=pipeline, input=json.dumps(given))["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = client.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    found = wait_for(ended, what=arn, seconds=300)
    assert found is not None
    return found


def label(cloud: Cloud, text: str, label: str, at: str = "2026-11-30T09:00:00.000Z") -> None:
    given = {"source": "example", "key_id": "k", "trusted": True, "keep_days": 3650}
    event = ledger.label_event(ledger.row_of(text), label=label, at=at, same=(text, at), text=text, **given)  # type: ignore[arg-type]
    cloud.server.client("dynamodb").put_item(TableName="ledger", Item=dynamodb.item(event))


def stored(cloud: Cloud, version: str) -> tuple[manifest.Manifest, str, str]:
    """A version's manifest, its digest, and its rows."""
    written = cloud.s3.get_object(Bucket="datasets", Key=manifest.key_of(version))["Body"].read()
    document = manifest.read(written)
    rows = cloud.s3.get_object(Bucket="datasets", Key=document["file"]["key"])["Body"].read()
    assert manifest.digest(rows) == document["file"]["sha256"]
    return document, manifest.digest(written), rows.decode()


def test_a_run_whose_mirror_is_empty_says_how_to_fill_it(cloud: Cloud, pipeline: str) -> None:
    found = ended_run(cloud, pipeline)
    assert (found["status"], found["error"]) == ("FAILED", "PreparationFailed")
    assert found["cause"] == (
        "Training jobs have no network here, and the mirror does not have the packages that this version's training "
        "jobs install. Run `rubric --env test mirror` on a machine with internet, then start the run again."
    )


@pytest.fixture(scope="module")
def filled(cloud: Cloud) -> None:
    """The mirror has the packages; a job on the local AWS has them already."""
    body = b"a wheel"
    sums = mirror.sums({"some.whl": hashlib.sha256(body).hexdigest()})
    for name, content in (("some.whl", body), (mirror.SUMS, sums.encode())):
        cloud.s3.put_object(Bucket="artifacts", Key=f"{mirror.wheels(LOCK)}{name}", Body=content)


def test_the_compact_model_trains_without_a_network(cloud: Cloud, pipeline: str, filled: None) -> None:
    few = {"model": "encoder", "epochs": 1, "hidden_size": 32, "vocab_size": 500}
    found = ended_run(cloud, pipeline, hyperparameters=few)
    # The gate may refuse a model of one epoch: after the job has ended.
    assert found["status"] == "SUCCEEDED" or found["error"] == "GateRefused", found
    [listed] = cloud.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    name = listed["TrainingJobName"]
    job = cloud.sagemaker.describe_training_job(TrainingJobName=name)
    assert (job["TrainingJobStatus"], job["EnableNetworkIsolation"]) == ("Completed", True)
    assert {channel["ChannelName"] for channel in job["InputDataConfig"]} == {"dataset", "code", "wheels"}
    logs = cloud.server.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    [stream] = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    lines = [event["message"] for event in events]
    assert any("tokenizer 1/1" in line for line in lines)
    if can_separate():
        assert not any("cannot take this container's network away" in line for line in lines)


def can_separate() -> bool:
    try:
        isolation.OwnNetwork().close()
    except isolation.NotSeparableError:
        return False
    return True


def test_labels_become_versions_and_models_named_after_them(cloud: Cloud, pipeline: str, filled: None) -> None:
    before = len(cloud.sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"])
    label(cloud, NEW, "Health")
    first = run(cloud, pipeline)
    document, digest, rows = stored(cloud, "v1")
    assert (document["parent"], document["new"]) == (None, 1) and f",{NEW},Health," in rows
    package = cloud.sagemaker.describe_model_package(ModelPackageName=f"{GROUP}/{before + 1}")
    told = package["CustomerMetadataProperties"]
    assert (told["dataset_version"], told["manifest_sha256"]) == ("v1", digest)
    key = f"models/{first['model_version']}/output/output.tar.gz"
    kept = cloud.s3.get_object(Bucket="artifacts", Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(kept)) as archive:
        names = {Path(name).name for name in archive.getnames()}
    assert {"evaluation.json", "report.html"} <= names and not names & {manifest.ROWS_FILE, manifest.MANIFEST_FILE}
    # Nothing came in: no job.
    again = run(cloud, pipeline)
    assert again["nothing_new"] is True and "no label has come in since v1" in again["reason"]
    # What came in waits for a review: only the job can tell.
    label(cloud, LATER, "No such label")
    waits = run(cloud, pipeline)
    assert waits["nothing_new"] is True and "1 waiting for a review" in waits["reason"]
    label(cloud, LATER, "Science", at="2026-11-30T09:01:00.000Z")
    run(cloud, pipeline)
    document, digest, rows = stored(cloud, "v2")
    assert (document["parent"], document["new"]) == ("v1", 1)
    assert f",{NEW},Health," in rows and f",{LATER},Science," in rows
    told = cloud.sagemaker.describe_model_package(ModelPackageName=f"{GROUP}/{before + 2}")[
        "CustomerMetadataProperties"
    ]
    assert (told["dataset_version"], told["manifest_sha256"]) == ("v2", digest)
