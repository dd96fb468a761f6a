"""Finding what is deployed, and the one line for whatever is in the way."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.stub import Stubber

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import PARTS, read
from ops.errors import NOT_FOUND, UNREACHABLE, OpsError, from_aws
from tests.unit.ops.conftest import ROOT, run

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


def test_the_local_environment_never_reaches_a_real_account(aws, capsys):
    assert run("--env", "local", "status") == UNREACHABLE
    assert "local-env" in capsys.readouterr().err


def test_the_environments_region_is_used(aws):
    assert Cloud("dev", root=ROOT).client("s3").meta.region_name == Cloud("dev", root=ROOT).settings.region


def test_an_unknown_environment_is_one_line(aws, capsys):
    assert run("--env", "nope", "status") == 1
    said = capsys.readouterr().err
    assert "'nope' is not known" in said and said.count("\n") == 1


def test_an_address_that_does_not_answer_is_one_line(aws, capsys, monkeypatch):
    monkeypatch.setattr(
        Cloud,
        "stacks",
        property(lambda self: (_ for _ in ()).throw(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))),
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert run("--env", "local", "status") == UNREACHABLE
    said = capsys.readouterr().err
    assert said == "rubric: http://127.0.0.1:9 does not answer: is it running? `make local-status` tells\n"


@pytest.mark.parametrize(
    ("error", "words", "status"),
    [
        (NoCredentialsError(), "No AWS credentials found", UNREACHABLE),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "X"), "session has expired", UNREACHABLE),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Put"), "may not call Put: no", UNREACHABLE),
        (ClientError({"Error": {"Code": "Boom", "Message": "bad"}}, "Put"), "Put failed: bad (Boom)", 1),
    ],
)
def test_botocores_errors_become_one_line(error, words, status):
    friendly = from_aws(error)
    assert words in str(friendly) and "\n" not in str(friendly)
    assert friendly.status == status


def test_wrong_usage_exits_with_2(capsys):
    assert run("no-such-command") == 2
    assert run("keys", "create", "--expires", "0d") == 2


@pytest.mark.parametrize(
    "command",
    [
        "",
        "status",
        "classify",
        "train",
        "follow",
        "keys create",
        "keys list",
        "keys revoke",
        "models list",
        "models show",
        "models compare",
        "eda",
        "models approve",
        "models reject",
        "models promote",
        "models rollback",
    ],
)
def test_every_command_explains_itself(command, capsys):
    assert run(*command.split(), "--help") == 0
    assert "Usage: rubric" in capsys.readouterr().out
