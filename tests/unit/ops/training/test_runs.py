"""Tests training runs: starting and finding them, and whether a new one would change anything."""

import json
import re

import boto3
import pytest

from contracts.models import hyperparameters
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.training import runs
from tests.unit.ops.conftest import BY, DATASET, deployed, run, serve
from tests.unit.ops.training_jobs import JOB


def train_job(
    *, dataset: str = DATASET, base_model: str | None = "distilbert-base-uncased", **hyperparameters: str
) -> None:
    """A finished training job, whose model is in use."""
    channel = {
        "ChannelName": "dataset",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": dataset}},
    }
    boto3.client("sagemaker").create_training_job(
        TrainingJobName=JOB,
        HyperParameters={**hyperparameters, **({"base_model": base_model} if base_model else {})},
        AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
        RoleArn="arn:aws:iam::123456789012:role/training",
        InputDataConfig=[channel],
        OutputDataConfig={"S3OutputPath": "s3://artifacts/models"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    serve(JOB)


def test_if_changed_does_nothing_for_the_same_dataset_and_base_model(cloud, sfn, capsys):
    train_job()
    assert run("train", "--if-changed") == 0
    assert sfn.started == []
    assert f"Nothing to do: {JOB}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "made", [{"dataset": "s3://datasets/datasets/def/news.csv"}, {"base_model": "compact"}, {"base_model": None}]
)
def test_if_changed_trains_when_something_differs(cloud, sfn, made):
    train_job(**made)
    assert run("train", "--if-changed", "--no-follow") == 0
    assert len(sfn.started) == 1


@pytest.mark.parametrize(
    ("used", "started"),
    [
        ({"epochs": "3", "sagemaker_program": "train.py"}, 0),
        ({"epochs": "4"}, 1),
        ({}, 1),
        ({"epochs": "3", "seed": "1"}, 1),
        ({"epochs": "3", "label_column": hyperparameters.encoded("Class Index")}, 1),
    ],
)
def test_if_changed_compares_hyperparameters_where_the_stack_tells_them(cloud, sfn, monkeypatch, used, started):
    stacks = deployed()
    stacks.by_part["Training"].outputs["Hyperparameters"] = json.dumps({"epochs": "3", "sagemaker_region": "x"})
    monkeypatch.setattr(Cloud, "stacks", stacks)
    train_job(**used)
    assert run("train", "--if-changed", "--no-follow") == 0
    assert len(sfn.started) == started


@pytest.mark.parametrize("name", ["Class Index", "50%20", "%25 & more"])
def test_if_changed_compares_a_users_words_as_they_were_set(cloud, sfn, monkeypatch, name):
    stacks = deployed()
    stacks.by_part["Training"].outputs["Hyperparameters"] = json.dumps({"label_column": name})
    monkeypatch.setattr(Cloud, "stacks", stacks)
    train_job(label_column=hyperparameters.encoded(name))
    assert runs.unchanged_since(cloud, dataset=None) == JOB
    assert runs.unchanged_since(cloud, dataset=None, hyperparameters={"label_column": name}) == JOB
    assert runs.unchanged_since(cloud, dataset=None, hyperparameters={"label_column": "Index"}) == ""


def test_a_job_that_made_its_version_has_trained_on_it(cloud, sfn, monkeypatch):
    train_job(dataset="s3://datasets/datasets/rows/ab/rows.csv", dataset_version="v4", fold_sha256="cd")
    uri = "s3://datasets/datasets/versions/{}/manifest.json"
    monkeypatch.setattr(runs.training_jobs, "describe", folding(runs.training_jobs.describe))
    assert runs.unchanged_since(cloud, dataset=uri.format("v4")) == JOB
    assert runs.unchanged_since(cloud, dataset=uri.format("v3")) == ""


def folding(describe):
    def described(cloud, name):
        job = describe(cloud, name)
        job.channels["fold"] = "s3://datasets/datasets/folds/job/digest/"
        return job

    return described


def test_if_changed_trains_when_nothing_is_in_use_or_its_job_is_gone(cloud, sfn):
    assert runs.unchanged_since(cloud, dataset=None) == ""
    serve("rubric-dev-gone")
    assert runs.unchanged_since(cloud, dataset=None) == ""


def test_hyperparameters_for_one_run_reach_the_pipeline_and_count_as_a_change(cloud, sfn):
    runs.start(cloud, dataset=None, hyperparameters=runs.parse_hyperparameters(["epochs=12", "seed = 7"]))
    assert sfn.started[0]["input"] == {"by": BY, "hyperparameters": {"epochs": "12", "seed": "7"}}
    train_job()
    assert runs.unchanged_since(cloud, dataset=None) == JOB
    assert runs.unchanged_since(cloud, dataset=None, hyperparameters={"epochs": "12"}) == ""


@pytest.mark.parametrize(
    "setting",
    ["epochs", "=3", "epochs=", "base_model=bert", "sagemaker_program=x.py", "labels_sha256=0", "fold_sha256=0"],
)
def test_a_hyperparameter_that_one_run_cannot_set_is_refused(setting):
    with pytest.raises(OpsError, match=f"--set '?{re.escape(setting.split('=')[0])}") as refused:
        runs.parse_hyperparameters([setting])
    assert refused.value.status == 2


def test_a_dataset_from_the_web_is_known_by_its_hash():
    address = "https://archive.invalid/news.zip"
    kept = "s3://datasets/datasets/" + __import__("hashlib").sha256(address.encode()).hexdigest() + "/news.csv"
    assert runs._is_from(address, kept)
    assert not runs._is_from(address, DATASET)


def test_follow_finds_the_newest_run_or_a_jobs(cloud, sfn):
    with pytest.raises(OpsError, match="No training run exists yet"):
        runs.find(cloud, "latest")
    sfn.executions = [{"executionArn": "old", "startDate": 1}, {"executionArn": "new", "startDate": 2}]
    assert runs.find(cloud, "latest") == "new"
    with pytest.raises(OpsError, match="do not include the job 'nope'"):
        runs.find(cloud, "nope")
    sfn.prepare(JOB)
    assert runs.find(cloud, JOB) == "new"
