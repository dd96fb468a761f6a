"""Tests the source ARNs with which SageMaker assumes roles, as in its guide on confused deputies."""

from local_aws.sagemaker.access import creation
from local_aws.sagemaker.access.serving import serving
from unit.sagemaker.conftest import FakeRoles

ACCOUNT = "arn:aws:sagemaker:us-east-1:000000000000"
MODEL = {
    "ExecutionRoleArn": "arn:aws:iam::000000000000:role/model",
    "ModelArn": f"{ACCOUNT}:model/m",
    "Image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/lean:local",
}


def test_of_inference_it_is_the_accounts_with_an_asterisk() -> None:
    roles = FakeRoles()
    creation.model_role(roles, MODEL)
    serving(roles, MODEL, volume_key=None)
    assert roles.sources == [f"{ACCOUNT}:*"] * 2


def test_of_a_transform_job_it_is_the_jobs() -> None:
    roles = FakeRoles()
    serving(roles, MODEL, volume_key=None, job_arn=f"{ACCOUNT}:transform-job/t")
    assert roles.sources == [f"{ACCOUNT}:transform-job/t"]
