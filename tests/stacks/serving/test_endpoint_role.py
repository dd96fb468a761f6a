"""Tests the model's role: the permissions for batches and data capture."""

from __future__ import annotations

import json

import pytest

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.serving.templates import in_serving, policy_of_the_model


def writable(environment: Synthesised) -> list[str]:
    """The ends of the ARNs that the model's role may write to."""
    statements = policy_of_the_model(environment)["Properties"]["PolicyDocument"]["Statement"]
    found = [s["Resource"] for s in statements if "s3:PutObject" in s["Action"]]
    each = [resource for listed in found for resource in (listed if isinstance(listed, list) else [listed])]
    return [resource["Fn::Join"][1][-1] for resource in each]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_without_capture_the_role_may_write_answers_of_batches_alone(synthesise: Synthesise, name: str) -> None:
    """In prod an update retains the variants' state, perhaps the old capture: no role writes it."""
    environment = synthesise(name, change="serving: {data_capture_percent: 0}")
    assert "DataCaptureConfig" not in in_serving(environment, "AWS::SageMaker::EndpointConfig")["Properties"]
    assert writable(environment) == ["/batch/*"]


def test_a_batch_reads_writes_and_logs_under_the_models_role(each: Synthesised) -> None:
    statements = policy_of_the_model(each)["Properties"]["PolicyDocument"]["Statement"]
    readable = [json.dumps(s["Resource"]) for s in statements if s["Action"] == "s3:GetObject"]
    assert any('"/batch/*"' in resource for resource in readable)
    assert "/batch/*" in writable(each)
    logs = [json.dumps(s["Resource"]) for s in statements if "logs:PutLogEvents" in s["Action"]]
    assert any("log-group:/aws/sagemaker/TransformJobs:*" in resource for resource in logs)
