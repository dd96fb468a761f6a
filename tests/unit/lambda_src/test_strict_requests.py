"""The clients of unit tests refuse requests that AWS's models forbid."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber


def client() -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client("sagemaker", region_name="us-east-1", **keys)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"TrainingJobName": "under_scored"}, "does not match"),
        ({"TrainingJobName": "a" * 64}, "has a length of 64"),
    ],
)
def test_a_request_that_aws_would_refuse_fails(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ParamValidationError, match=words):
        client().describe_training_job(**parameters)


def test_one_that_it_takes_is_sent() -> None:
    sagemaker = client()
    with Stubber(sagemaker) as stubber:
        stubber.add_response("stop_training_job", {}, {"TrainingJobName": "rubric-dev-1"})
        sagemaker.stop_training_job(TrainingJobName="rubric-dev-1")
        stubber.assert_no_pending_responses()
