"""rubric train and rubric follow: what is started, what is shown, and how it ends."""

import io
import json
import re
import time

import boto3
import pytest
from rich.console import Console

from contracts import log_groups
from contracts.progress import Progress
from ops.deployment.cloud import Cloud
from ops.deployment.executions import Ended, Entered, Execution
from ops.deployment.stacks import Stack, Stacks
from ops.errors import OpsError
from ops.terminal.progress_views import BarView, readable
from ops.training import runs
from ops.training.training_log import TrainingLog
from tests.unit.ops.conftest import DATASET, PIPELINE, deployed, run, serve

JOB = "rubric-dev-20261120-213501-3fa9"
DONE = {
    "status": "SUCCEEDED",
    "output": json.dumps(
        {"model_version": JOB, "accuracy": 0.9183, "macro_f1": 0.91, "reason": "accuracy 0.9183.", "promoted": True}
    ),
}


def log(*lines: str, stream: str = f"{JOB}/algo-1") -> None:
    logs = boto3.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=log_groups.TRAINING_JOBS)["logGroups"]:
        logs.create_log_group(logGroupName=log_groups.TRAINING_JOBS)
    if not logs.describe_log_streams(logGroupName=log_groups.TRAINING_JOBS, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=log_groups.TRAINING_JOBS, logStreamName=stream)
    events = [{"timestamp": int(time.time() * 1000) + index, "message": line} for index, line in enumerate(lines)]
    logs.put_log_events(logGroupName=log_groups.TRAINING_JOBS, logStreamName=stream, logEvents=events)


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


def test_the_log_is_read_on_from_where_it_was(cloud):
    reader = TrainingLog(cloud.client("logs"), job=JOB)
    assert reader.news() == []
    log("progress: read 1/2", "something else")
    assert reader.news() == [Progress("read", 1, 2)]
    assert reader.news() == []
    log("progress: read 2/2")
    assert reader.news() == [Progress("read", 2, 2)]


def test_training_is_followed_to_its_verdict(cloud, sfn, capsys):
    sfn.prepare(JOB)
    sfn.enter("Train")
    sfn.steps = [{"status": "RUNNING"}, DONE]
    log("progress: train 1/2 loss=0.9", "progress: train 2/2 loss=0.5")
    assert run("train", "--plain") == 0
    assert sfn.started == [{"stateMachineArn": PIPELINE, "input": {}}]
    said = capsys.readouterr().err
    assert f"training job {JOB}" in said and "train  50%  loss=0.9" in said and "train 100%  loss=0.5" in said
    assert f"{JOB} is in use: accuracy 0.918, macro F1 0.910. Gate: accuracy 0.9183." in said


def test_before_there_is_a_serving_stack_a_trained_model_is_not_said_to_be_in_use(cloud, sfn, monkeypatch, capsys):
    failed = Stack("Rubric-dev-Serving", "ROLLBACK_COMPLETE", "2026-11-20T00:00:00+00:00")
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**cloud.stacks.by_part, "Serving": failed}))
    sfn.steps = [DONE]
    assert run("train", "--plain") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"{JOB} is approved, and serves once a deploy has made the Serving stack: accuracy 0.918" in said


def test_json_lines_are_one_object_a_line(cloud, sfn, capsys):
    sfn.prepare(JOB)
    sfn.enter("Train")
    sfn.steps = [{"status": "RUNNING"}, DONE]
    log("progress: train 1/2 loss=0.9")
    assert run("train", "--json-lines") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["job", "progress", "state", "end"]
    assert events[1] == {"event": "progress", "stage": "train", "done": 1, "total": 2, "text": "loss=0.9"}
    assert events[-1]["status"] == "SUCCEEDED" and events[-1]["accuracy"] == 0.9183


@pytest.mark.parametrize(
    ("error", "words"),
    [("GateRefused", "The gate refused the model: accuracy 0.5"), ("TrainingFailed", "Training failed: accuracy 0.5")],
)
def test_a_failure_exits_with_1_and_the_reason(cloud, sfn, capsys, error, words):
    sfn.steps = [{"status": "FAILED", "error": error, "cause": "accuracy 0.5 is below 0.9"}]
    assert run("train", "--plain") == 1
    assert words in capsys.readouterr().err


def test_a_model_that_waits_for_approval_says_how_to_approve_it(cloud, sfn, capsys):
    sfn.steps = [{**DONE, "output": json.dumps({**json.loads(DONE["output"]), "promoted": False})}]
    assert run("train", "--plain") == 0
    assert f"rubric --env dev models approve {JOB}" in capsys.readouterr().err


def test_another_dataset_is_passed_on_and_must_be_in_s3(cloud, sfn, capsys):
    assert run("train", "--no-follow", "--dataset", "s3://mine/news.csv") == 0
    assert sfn.started[0]["input"] == {"dataset_uri": "s3://mine/news.csv"}
    assert capsys.readouterr().out == "arn:execution:1\n"
    assert run("train", "--dataset", "news.csv") == 1
    assert len(sfn.started) == 1


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
    ],
)
def test_if_changed_compares_hyperparameters_where_the_stack_tells_them(cloud, sfn, monkeypatch, used, started):
    stacks = deployed()
    stacks.by_part["Training"].outputs["Hyperparameters"] = json.dumps({"epochs": "3", "sagemaker_region": "x"})
    monkeypatch.setattr(Cloud, "stacks", stacks)
    train_job(**used)
    assert run("train", "--if-changed", "--no-follow") == 0
    assert len(sfn.started) == started


def test_each_validation_is_shown_in_plain_lines(cloud, sfn, capsys):
    sfn.prepare(JOB)
    sfn.enter("Train")
    sfn.steps = [{"status": "RUNNING"}, DONE]
    log(*(f"progress: validate {epoch}/40 accuracy=0.9{epoch} macro_f1=0.8{epoch} loss=0.3" for epoch in (1, 2, 3)))
    assert run("train", "--plain") == 0
    said = capsys.readouterr().err
    assert "validate 1/40  accuracy=0.91" in said and "validate 2/40" in said and "validate 3/40" in said


def test_progress_of_the_first_host_is_read_where_there_are_several(cloud):
    log("progress: train 1/2", stream=f"{JOB}/algo-1-1700000000")
    log("something", stream=f"{JOB}/algo-2-1700000001")
    log("something", stream=f"{JOB}/algo-10-1700000002")
    assert TrainingLog(cloud.client("logs"), job=JOB).news() == [Progress("train", 1, 2)]


@pytest.mark.parametrize("width", [80, 120])
def test_bars_keep_within_the_terminal_and_end_an_early_stop(width):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, color_system=None)
    with BarView(console) as view:
        view.show(Entered("Train"))
        view.show(Progress("train", 50, 100, "epoch=4.0 loss=0.21"))
        view.show(Progress("validate", 4, 8, "accuracy=0.9321 macro_f1=0.9187 loss=0.2213"))
        view.show(Progress("export", 1, 1, "precision=int8-dynamic"))
        view.show(Ended(Execution("arn", "SUCCEEDED")))
    last = screen.getvalue().rpartition("training")[2]
    assert "epoch 4.0" in last and "accuracy 0.93" in last
    assert "stopped early" in last and "  export" in last and max(map(len, last.splitlines())) <= width
    assert not any(task.total != task.completed for task in view._bars.tasks)


def test_details_are_readable():
    assert readable("macro_f1=0.91 base_model=my_model") == "macro F1 0.91  base model my model"
    assert readable("") == ""


def test_if_changed_trains_when_nothing_is_in_use_or_its_job_is_gone(cloud, sfn):
    assert runs.unchanged_since(cloud, dataset=None) == ""
    serve("rubric-dev-gone")
    assert runs.unchanged_since(cloud, dataset=None) == ""


def test_hyperparameters_for_one_run_reach_the_pipeline_and_count_as_a_change(cloud, sfn):
    runs.start(cloud, dataset=None, hyperparameters=runs.parse_hyperparameters(["epochs=12", "seed = 7"]))
    assert sfn.started[0]["input"] == {"hyperparameters": {"epochs": "12", "seed": "7"}}
    train_job()
    assert runs.unchanged_since(cloud, dataset=None) == JOB
    assert runs.unchanged_since(cloud, dataset=None, hyperparameters={"epochs": "12"}) == ""


@pytest.mark.parametrize("setting", ["epochs", "=3", "epochs=", "base_model=bert", "sagemaker_program=x.py"])
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
    with pytest.raises(OpsError, match="No training has run yet"):
        runs.find(cloud, "latest")
    sfn.executions = [{"executionArn": "old", "startDate": 1}, {"executionArn": "new", "startDate": 2}]
    assert runs.find(cloud, "latest") == "new"
    with pytest.raises(OpsError, match="has the job 'nope'"):
        runs.find(cloud, "nope")
    sfn.prepare(JOB)
    assert runs.find(cloud, JOB) == "new"
