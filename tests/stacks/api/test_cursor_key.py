"""Tests the key of cursors: AWS generates it, it is rotated, and one function reads it."""

from __future__ import annotations

from tests.stacks.conftest import Synthesised


def test_the_key_of_cursors_is_made_up_by_aws_and_rotated(each: Synthesised) -> None:
    [(name, secret)] = each.resources("api", "AWS::SecretsManager::Secret").items()
    assert secret["DeletionPolicy"] == "Delete"
    assert set(secret["Properties"]) - {"KmsKeyId", "Tags"} == {"Description", "GenerateSecretString"}
    assert secret["Properties"]["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}
    [schedule] = each.resources("api", "AWS::SecretsManager::RotationSchedule").values()
    assert schedule["Properties"]["SecretId"] == {"Ref": name}
    assert schedule["Properties"]["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert schedule["Properties"]["RotateImmediatelyOnUpdate"] is False
    function = schedule["Properties"]["RotationLambdaARN"]
    [permission] = [
        (place, found["Properties"])
        for place, found in each.resources("api", "AWS::Lambda::Permission").items()
        if found["Properties"]["Principal"] == "secretsmanager.amazonaws.com"
    ]
    assert permission[1] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": function,
        "Principal": "secretsmanager.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"} if each.stacks.api.settings.account is None else "000000000000",
        "SourceArn": {"Ref": name},
    }
    policies = [place for place in schedule["DependsOn"] if place in each.resources("api", "AWS::IAM::Policy")]
    assert permission[0] in schedule["DependsOn"] and len(policies) == 1


def test_only_the_records_and_their_rotation_touch_the_key_of_cursors(each: Synthesised) -> None:
    touched = {
        role["Ref"].split("Role")[0]: {action.split(":")[1] for action in statement["Action"]}
        if isinstance(statement["Action"], list)
        else {statement["Action"].split(":")[1]}
        for policy in each.resources("api", "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager:" in str(statement["Action"])
        for role in policy["Properties"]["Roles"]
    }
    rotating = {"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
    assert touched == {"Records": {"GetSecretValue"}, "CursorKeyRotation": rotating}
