"""Tests secrets and their rotation by a function on a running server."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import ROLE, Server, code_zip, wait_for

SOURCE = """
import boto3, os
def handler(event, context):
    client = boto3.client("secretsmanager")
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    if os.environ.get("FAILS") == step:
        raise ValueError("this step fails")
    if step == "createSecret":
        client.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString="made by " + token,
                                VersionStages=["AWSPENDING"])
    if step == "finishSecret":
        [current] = [version for version, names in stages.items() if "AWSCURRENT" in names]
        client.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
                                           RemoveFromVersionId=current)
"""


def template(server: Server, *, fails: str = "", days: int = 30) -> str:
    bucket = "rotation-code"
    server.client("s3").create_bucket(Bucket=bucket)
    server.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=code_zip(SOURCE))
    return json.dumps(
        {
            "Resources": {
                "Secret": {
                    "Type": "AWS::SecretsManager::Secret",
                    "Properties": {"GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}},
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Runtime": "python3.13",
                        "Handler": "index.handler",
                        "Role": ROLE,
                        "Timeout": 30,
                        "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
                        "Environment": {"Variables": {"FAILS": fails}},
                    },
                },
                "Schedule": {
                    "Type": "AWS::SecretsManager::RotationSchedule",
                    "Properties": {
                        "SecretId": {"Ref": "Secret"},
                        "RotationLambdaARN": {"Fn::GetAtt": ["Function", "Arn"]},
                        "RotationRules": {"AutomaticallyAfterDays": days},
                        "RotateImmediatelyOnUpdate": False,
                    },
                },
            },
            "Outputs": {"Secret": {"Value": {"Ref": "Secret"}}},
        }
    )


def deployed(server: Server, name: str, **options: Any) -> dict[str, Any]:
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=template(server, **options))

    def ended() -> Any:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("PROGRESS") else stack

    return dict(wait_for(ended, what="the stack"))


def value(server: Server, secret: str, stage: str) -> str:
    client = server.client("secretsmanager")
    return str(client.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"])


def test_a_scheduled_secret_is_rotated_by_its_function_and_goes_with_its_stack(server: Server) -> None:
    stack = deployed(server, "rotated")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    client = server.client("secretsmanager")
    secret = stack["Outputs"][0]["OutputValue"]
    assert secret.startswith("arn:aws:secretsmanager:")
    first = value(server, secret, "AWSCURRENT")
    assert len(first) == 64
    described = client.describe_secret(SecretId=secret)
    assert described["RotationEnabled"] and described["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert len(described["VersionIdsToStages"]) == 1  # the versions from the test of the schedule are gone
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        value(server, secret, "AWSPREVIOUS")

    token = client.rotate_secret(SecretId=secret)["VersionId"]
    wait_for(lambda: value(server, secret, "AWSCURRENT") == f"made by {token}", what="the rotation")
    assert value(server, secret, "AWSPREVIOUS") == first
    with pytest.raises(ClientError, match="ResourceExistsException"):
        client.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString="another")

    server.client("cloudformation").delete_stack(StackName="rotated")
    wait_for(lambda: not client.list_secrets()["SecretList"], what="the secret to go")


def test_a_function_that_cannot_test_the_schedule_fails_the_stack(server: Server) -> None:
    assert deployed(server, "failing", fails="testSecret")["StackStatus"].startswith("ROLLBACK")


def test_a_rotation_that_fails_leaves_the_current_version(server: Server) -> None:
    secret = deployed(server, "half", fails="finishSecret")["Outputs"][0]["OutputValue"]
    first = value(server, secret, "AWSCURRENT")
    client = server.client("secretsmanager")
    token = client.rotate_secret(SecretId=secret)["VersionId"]
    wait_for(lambda: "SecretString" in client.get_secret_value(SecretId=secret, VersionId=token), what="a version")
    assert value(server, secret, "AWSCURRENT") == first
    with pytest.raises(ClientError, match="InvalidRequestException"):
        client.rotate_secret(SecretId=secret)
