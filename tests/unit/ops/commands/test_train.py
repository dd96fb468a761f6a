"""Tests rubric train and rubric follow: the run they start, their output and their exit."""

import json

import pytest

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from tests.unit.ops.conftest import BY, PIPELINE, run
from tests.unit.ops.training_jobs import JOB, log

DONE = {
    "status": "SUCCEEDED",
    "output": json.dumps(
        {"model_version": JOB, "accuracy": 0.9183, "macro_f1": 0.91, "reason": "accuracy 0.9183.", "promoted": True}
    ),
}


def test_training_is_followed_to_its_verdict(cloud, sfn, capsys):
    sfn.prepare(JOB)
    sfn.enter("Train")
    sfn.steps = [{"status": "RUNNING"}, DONE]
    log("progress: train 1/2 loss=0.9", "progress: train 2/2 loss=0.5")
    assert run("train", "--plain") == 0
    assert sfn.started == [{"stateMachineArn": PIPELINE, "input": {"by": BY}}]
    output = capsys.readouterr().err
    assert f"training job {JOB}" in output and "train  50%  loss=0.9" in output and "train 100%  loss=0.5" in output
    assert f"{JOB} is in use: accuracy 0.918, macro F1 0.910. Gate: accuracy 0.9183." in output


def test_before_there_is_a_serving_stack_a_trained_model_is_not_said_to_be_in_use(cloud, sfn, monkeypatch, capsys):
    failed = Stack("Rubric-dev-Serving", "ROLLBACK_COMPLETE", "2026-11-20T00:00:00+00:00")
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**cloud.stacks.by_part, "Serving": failed}))
    sfn.steps = [DONE]
    assert run("train", "--plain") == 0
    output = " ".join(capsys.readouterr().err.split())
    assert f"{JOB} is approved, and serves once a deploy has made the Serving stack: accuracy 0.918" in output


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


def test_a_model_that_is_tested_says_where_the_test_is_seen(cloud, sfn, capsys):
    output = {**json.loads(DONE["output"]), "promoted": False, "test": "replay"}
    sfn.steps = [{**DONE, "output": json.dumps(output)}]
    assert run("train", "--plain") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"{JOB} passed the gate" in said and "has begun (replay): rubric --env dev ab status" in said


def test_a_run_may_make_its_dataset_version(cloud, sfn, capsys):
    reason = "Nothing new to train on: no label has come in since v3"
    output = {"nothing_new": True, "promoted": False, "reason": reason}
    sfn.steps = [{"status": "SUCCEEDED", "output": json.dumps(output)}]
    assert run("train", "--fold-ledger", "--plain") == 0
    assert sfn.started == [{"stateMachineArn": PIPELINE, "input": {"fold_ledger": True}}]
    assert f"No training: {reason}" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("option", [("--dataset", "s3://mine/news.csv"), ("--if-changed",)])
def test_a_run_that_makes_its_dataset_takes_no_other(cloud, sfn, capsys, option):
    assert run("train", "--fold-ledger", *option) == 2
    assert sfn.started == [] and "--fold-ledger makes the dataset" in capsys.readouterr().err


def test_a_model_that_waits_for_approval_says_how_to_approve_it(cloud, sfn, capsys):
    sfn.steps = [{**DONE, "output": json.dumps({**json.loads(DONE["output"]), "promoted": False})}]
    assert run("train", "--plain") == 0
    assert f"rubric --env dev models approve {JOB}" in capsys.readouterr().err


def test_another_dataset_is_passed_on_and_must_be_in_s3(cloud, sfn, capsys):
    assert run("train", "--no-follow", "--dataset", "s3://mine/news.csv") == 0
    assert sfn.started[0]["input"] == {"by": BY, "dataset_uri": "s3://mine/news.csv"}
    assert capsys.readouterr().out == "arn:execution:1\n"
    assert run("train", "--dataset", "news.csv") == 1
    assert len(sfn.started) == 1


def test_each_validation_is_shown_in_plain_lines(cloud, sfn, capsys):
    sfn.prepare(JOB)
    sfn.enter("Train")
    sfn.steps = [{"status": "RUNNING"}, DONE]
    log(*(f"progress: validate {epoch}/40 accuracy=0.9{epoch} macro_f1=0.8{epoch} loss=0.3" for epoch in (1, 2, 3)))
    assert run("train", "--plain") == 0
    output = capsys.readouterr().err
    assert "validate 1/40  accuracy=0.91" in output and "validate 2/40" in output and "validate 3/40" in output
