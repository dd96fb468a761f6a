"""Tests finding the deployed stacks."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ops.deployment.stacks import PARTS, Stack, Stacks, read
from ops.errors import NOT_FOUND, OpsError
from tests.unit.ops.conftest import run

WHEN = datetime(2026, 11, 20, tzinfo=UTC)


def stack(part: str, **values: str) -> dict:
    pairs = [{"OutputKey": key, "OutputValue": value} for key, value in values.items()]
    return {"Stacks": [{"StackName": part, "StackStatus": "CREATE_COMPLETE", "CreationTime": WHEN, "Outputs": pairs}]}


def test_outputs_are_found_whichever_stack_has_them(aws):
    cloudformation = boto3.client("cloudformation")
    with Stubber(cloudformation) as stub:
        for part in PARTS:
            name = {"StackName": f"Rubric-dev-{part}"}
            if part == "Api":
                stub.add_response("describe_stacks", stack(part, ApiUrl="https://x"), name)
            else:
                message = f"Stack with id Rubric-dev-{part} does not exist"
                stub.add_client_error("describe_stacks", "ValidationError", message, expected_params=name)
        stacks = read(cloudformation, env="dev", name_of=lambda part: f"Rubric-dev-{part}")
    assert list(stacks.by_part) == ["Api"]
    assert stacks.need("ApiUrl") == "https://x"
    with pytest.raises(
        OpsError, match="No stack with PipelineArn is deployed in 'dev': `make deploy ENV=dev`"
    ) as caught:
        stacks.need("PipelineArn")
    assert caught.value.status == NOT_FOUND


def test_a_refused_call_is_not_taken_for_a_missing_stack(aws):
    cloudformation = boto3.client("cloudformation")
    with Stubber(cloudformation) as stub:
        stub.add_client_error("describe_stacks", "AccessDenied", "not authorized")
        with pytest.raises(ClientError):
            read(cloudformation, env="dev", name_of=str)


def test_nothing_deployed_is_one_line(aws, capsys):
    assert run("status") == NOT_FOUND
    assert capsys.readouterr().err == "rubric: Nothing is deployed in 'dev': `make deploy ENV=dev` does it\n"


def test_what_only_a_trained_model_has_is_not_missed_where_bedrock_answers():
    api = Stack("Rubric-dev-Api", "CREATE_COMPLETE", "", {"ApiUrl": "https://x"})
    stacks = Stacks(env="dev", by_part={"Api": api}, trained=False)
    assert stacks.need("ApiUrl") == "https://x"
    with pytest.raises(
        OpsError, match=r"classifier\.backend is bedrock in 'dev': it neither trains nor serves a model"
    ):
        stacks.need("PipelineArn")
