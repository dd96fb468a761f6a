"""Tests first_model/."""

from __future__ import annotations

import json

import boto3
import pytest

from lambda_src.stack_resources.first_model import handler as first_model
from lambda_src.stack_resources.first_model import logic

PARAMETER = "/rubric/dev/approved-model"
WAITING = "/rubric/dev/waiting/first-model"
DEFINITION = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})


@pytest.fixture
def world(account, configure, load_event, cfn_answers):
    url, answers = cfn_answers
    configure(first_model, APPROVED_MODEL_PARAMETER=PARAMETER, WAITING_PARAMETER=WAITING)
    states = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/x"
    arn = states.create_state_machine(name="FirstModel", definition=DEFINITION, roleArn=role)["stateMachineArn"]
    event = load_event("cfn_first_model_create")
    event["ResponseURL"] = url
    event["ResourceProperties"]["StateMachineArn"] = arn
    return event, answers, states


def executions(states, event):
    return states.list_executions(stateMachineArn=event["ResourceProperties"]["StateMachineArn"])["executions"]


def test_create_starts_the_state_machine_and_lets_it_answer(world, context):
    event, answers, states = world
    first_model.handler(event, context)
    assert answers == []
    (execution,) = executions(states, event)
    assert execution["name"] == f"first-model-{event['RequestId']}"
    payload = json.loads(states.describe_execution(executionArn=execution["executionArn"])["input"])
    assert payload == {"respond": {"RequestId": event["RequestId"]}, "input": {}}
    kept = boto3.client("ssm").get_parameter(Name=WAITING, WithDecryption=True)["Parameter"]
    assert kept["Type"] == "SecureString"
    assert json.loads(kept["Value"]) == {
        "ResponseURL": event["ResponseURL"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": "FirstModel",
        "PhysicalResourceId": "first-model-1f6b2a40-c0de-11ef-9f3a-0e5b1a2c3d4e-FirstModel",
    }


def waits():
    return bool(boto3.client("ssm").get_parameters(Names=[WAITING])["Parameters"])


def test_whoever_may_answer_cloudformation_is_in_no_log(world, context, capsys):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler(respond(event, status="SUCCESS"), context)
    assert len(answers) == 1 and event["ResponseURL"] not in capsys.readouterr().out


def test_an_answer_is_given_once_and_a_request_that_another_replaced_gets_none(world, context):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler({**event, "RequestId": "a-later-one"}, context)
    first_model.handler(respond(event, status="SUCCESS"), context)
    assert answers == [] and waits()
    for _ in range(2):
        first_model.handler({"respond": {"RequestId": "a-later-one"}, "status": "SUCCESS"}, context)
    assert [answer["RequestId"] for answer in answers] == ["a-later-one"] and not waits()


def test_a_deletion_leaves_no_request_behind(world, context):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler({**event, "RequestType": "Delete", "PhysicalResourceId": "x"}, context)
    assert answers[0]["Status"] == "SUCCESS" and not waits()


def test_an_event_delivered_twice_starts_one_execution(world, context):
    event, answers, states = world
    first_model.handler(event, context)
    first_model.handler(event, context)
    assert (len(executions(states, event)), answers) == (1, [])


def test_create_with_a_model_answers_at_once(world, context):
    event, answers, states = world
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value="s3://a/models/j/output/model.tar.gz", Type="String")
    first_model.handler(event, context)
    assert executions(states, event) == []
    assert answers == [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "first-model-1f6b2a40-c0de-11ef-9f3a-0e5b1a2c3d4e-FirstModel",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": "FirstModel",
            "Data": {},
            "content-type": "",
        }
    ]


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_update_and_delete_never_train(world, context, kind):
    event, answers, states = world
    first_model.handler({**event, "RequestType": kind, "PhysicalResourceId": "first-model-x"}, context)
    assert executions(states, event) == []
    assert [(answer["Status"], answer["PhysicalResourceId"]) for answer in answers] == [("SUCCESS", "first-model-x")]


def test_a_start_that_fails_is_answered(world, context):
    event, answers, _ = world
    event["ResourceProperties"]["StateMachineArn"] = "arn:aws:states:us-east-1:123456789012:stateMachine:Absent"
    first_model.handler(event, context)
    assert answers[0]["Status"] == "FAILED"
    assert "StateMachineDoesNotExist" in answers[0]["Reason"]


def test_properties_that_are_missing_are_answered(world, context):
    event, answers, _ = world
    del event["ResourceProperties"]["StateMachineArn"]
    first_model.handler(event, context)
    assert answers[0]["Status"] == "FAILED"
    assert "StateMachineArn" in answers[0]["Reason"]


def respond(event, **more):
    return {"respond": logic.execution_input(event)["respond"], **more}


def test_the_state_machine_s_success(world, context):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler(respond(event, status="SUCCESS", reason="ignored"), context)
    assert (answers[0]["Status"], answers[0]["Reason"], answers[0]["RequestId"]) == ("SUCCESS", "", event["RequestId"])


def test_the_state_machine_s_failure(world, context):
    event, answers, _ = world
    cause = json.dumps(
        {"Error": "GateFailed", "Cause": "accuracy 0.2 is below the minimum of 0.8.", "Status": "FAILED"}
    )
    first_model.handler(event, context)
    first_model.handler(respond(event, status="FAILED", reason=cause), context)
    assert (answers[0]["Status"], answers[0]["Reason"]) == ("FAILED", "accuracy 0.2 is below the minimum of 0.8.")


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", ""])
def test_anything_but_success_is_a_failure_with_a_reason(world, context, status):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler(respond(event, status=status), context)
    assert (answers[0]["Status"], answers[0]["Reason"]) == ("FAILED", "the training pipeline failed")


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("plain", "plain"),
        (json.dumps({"Cause": json.dumps({"errorMessage": "inner", "errorType": "X"}), "Error": "E"}), "inner"),
        (json.dumps({"FailureReason": "no rows", "TrainingJobName": "j"}), "no rows"),
        (json.dumps({"Cause": {"Cause": "deep"}}), "deep"),
        (json.dumps({"other": 1}), json.dumps({"other": 1})),
        ("[1]", "[1]"),
        ("123", "123"),
        (json.dumps("quoted"), "quoted"),
    ],
)
def test_the_innermost_sentence(reason, sentence):
    assert logic.readable(reason) == sentence


def test_a_reason_too_deep_to_be_read_is_told_as_it_is(world, context):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler(respond(event, status="FAILED", reason='{"Cause":' * 30_000), context)
    assert answers[0]["Status"] == "FAILED" and answers[0]["Reason"].startswith('{"Cause":{"Cause":')


# the end of an execution that did not answer


def ended(event, status, **detail):
    name = logic.execution_name(event)
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"name": name, "status": status, "cause": None, "error": None, **detail},
    }


@pytest.mark.parametrize(
    ("status", "detail", "ending"),
    [
        ("ABORTED", {}, "ABORTED"),
        ("TIMED_OUT", {}, "TIMED_OUT"),
        ("FAILED", {"cause": json.dumps({"errorMessage": "no network"}), "error": "X"}, "FAILED, no network"),
        ("FAILED", {"error": "Lambda.TooManyRequestsException"}, "FAILED, Lambda.TooManyRequestsException"),
    ],
)
def test_an_execution_that_is_lost_is_answered(world, context, status, detail, ending):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler(ended(event, status, **detail), context)
    name = logic.execution_name(event)
    assert [(answer["Status"], answer["RequestId"], answer["Reason"]) for answer in answers] == [
        ("FAILED", event["RequestId"], f"the execution {name} ended without an answer: {ending}")
    ]
    assert not waits()


def test_the_end_of_an_execution_that_has_answered_and_of_a_persons_own_says_nothing_more(world, context):
    event, answers, _ = world
    first_model.handler(event, context)
    first_model.handler(ended(event, "ABORTED", name="by-hand"), context)
    assert answers == [] and waits()
    first_model.handler(respond(event, status="FAILED", reason="the gate"), context)
    first_model.handler(ended(event, "FAILED", cause="the gate"), context)
    assert [answer["Reason"] for answer in answers] == ["the gate"]
