"""Features that a region lacks are refused in one line."""

from __future__ import annotations

import pytest

from environments.settings import SettingsError
from tests.unit.environments.conftest import MINIMAL, Loader

LEAN = MINIMAL.replace("container: huggingface", "container: lean\n  image_build: codebuild")
BEDROCK = "classifier: {backend: bedrock, bedrock: {model_id: amazon.nova-micro-v1:0, labels: [a, b]}}\n"
NO_PACKAGES = (
    "CloudFormation has no AWS::SageMaker::ModelPackageGroup there: use another region, or classifier.backend bedrock"
)


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "ap-southeast-6", "ap-south-2", "us-gov-east-1"])
def test_without_model_packages_nothing_can_be_trained(region: str, load_text: Loader) -> None:
    with pytest.raises(SettingsError, match=rf": region: '{region}' is not allowed; {NO_PACKAGES}$"):
        load_text(f"region: {region}\n{MINIMAL}")
    assert load_text(f"region: {region}\n{MINIMAL}{BEDROCK}").region == region


def test_without_endpoints_nothing_can_be_served(load_text: Loader) -> None:
    with pytest.raises(SettingsError, match=r"CloudFormation has no AWS::SageMaker::Endpoint there"):
        load_text(f"region: me-central-1\n{MINIMAL}")


@pytest.mark.parametrize("region", ["ca-west-1", "mx-central-1"])
def test_without_codebuild_docker_has_to_build(region: str, load_text: Loader) -> None:
    message = (
        f": serving.image_build: 'codebuild' is not allowed; CloudFormation has no AWS::CodeBuild::Project in {region}"
    )
    with pytest.raises(SettingsError, match=f"{message}: use docker$"):
        load_text(f"region: {region}\n{LEAN}")
    assert load_text(f"region: {region}\n{LEAN.replace('codebuild', 'docker')}").serving.image_build == "docker"


def test_snap_start_that_a_region_has_not_is_refused(load_text: Loader) -> None:
    expected = r": api.snap_start: True is not allowed; Lambda has no SnapStart for Python in us-gov-west-1: remove it$"
    with pytest.raises(SettingsError, match=expected):
        load_text(f"region: us-gov-west-1\n{MINIMAL}api: {{snap_start: true}}\n")


def test_a_region_that_nobody_knows_is_refused(load_text: Loader) -> None:
    with pytest.raises(SettingsError, match=r": region: 'eu-wset-1' is not allowed; did you mean 'eu-west-1'\? "):
        load_text(f"region: eu-wset-1\n{MINIMAL}")
