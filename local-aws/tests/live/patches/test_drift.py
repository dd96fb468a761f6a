"""Drift detection finds a secret by its ARN, its physical id, and sees what changed in it and that it is gone."""

from typing import Any

from local_aws_testing.server import Server
from local_aws_testing.stacks import create, ended


def drift_of(server: Server, stack: str) -> dict[str, Any]:
    cloudformation = server.client("cloudformation")
    cloudformation.detect_stack_drift(StackName=stack)
    (drift,) = cloudformation.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]
    return dict(drift)


def test_a_secret_in_drift_detection(server: Server) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": "a", "SecretString": "s"}}
    create(server, "drift-secret", {"Secret": secret})
    assert ended(server, "drift-secret")["StackStatus"] == "CREATE_COMPLETE"
    drift = drift_of(server, "drift-secret")
    assert drift["StackResourceDriftStatus"] == "IN_SYNC"
    secrets = server.client("secretsmanager")
    secrets.update_secret(SecretId=drift["PhysicalResourceId"], Description="b")
    assert drift_of(server, "drift-secret")["PropertyDifferences"][0]["ActualValue"] == "b"
    secrets.delete_secret(SecretId=drift["PhysicalResourceId"], ForceDeleteWithoutRecovery=True)
    assert drift_of(server, "drift-secret")["StackResourceDriftStatus"] == "DELETED"
