"""What a region does not have is refused in one line, or left out where the setting leaves it open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments.aws.regions import known
from environments.settings import SettingsError
from tests.unit.environments.conftest import MINIMAL, Loader

ROOT = Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize(
    ("region", "given", "expected"),
    [
        ("us-east-1", "", True),
        ("us-east-1", "api: {snap_start: false}\n", False),
        ("us-gov-west-1", "", False),
        ("us-gov-west-1", "api: {snap_start: false}\n", False),
        ("eusc-de-east-1", "", False),
    ],
)
def test_snap_start_is_where_the_region_has_it(region: str, given: str, expected: bool, load_text: Loader) -> None:
    assert load_text(f"region: {region}\n{MINIMAL}{given}").snap_start is expected


def test_snap_start_that_a_region_has_not_is_refused(load_text: Loader) -> None:
    expected = r": api.snap_start: True is not allowed; Lambda has no SnapStart for Python in us-gov-west-1: remove it$"
    with pytest.raises(SettingsError, match=expected):
        load_text(f"region: us-gov-west-1\n{MINIMAL}api: {{snap_start: true}}\n")


def test_a_region_that_nobody_knows_is_refused(load_text: Loader) -> None:
    with pytest.raises(SettingsError, match=r": region: 'eu-wset-1' is not allowed; did you mean 'eu-west-1'\? "):
        load_text(f"region: eu-wset-1\n{MINIMAL}")


def published() -> list[tuple[str, dict[str, str]]]:
    """(where from, container account by region): the committed facts, and the SDK's own where it is installed."""
    facts = json.loads((ROOT / "environments/aws/published.json").read_text(encoding="utf-8"))
    accounts = [(facts[name]["source"], facts[name]["accounts"]) for name in ("containers", "sagemaker_core")]
    sdk = "sagemaker/core/image_uri_config/pytorch-amzn2023.json"
    for file in (ROOT / ".venv-notebooks").glob(f"lib/python3*/site-packages/{sdk}"):
        versions = json.loads(file.read_text(encoding="utf-8"))["training"]["versions"]
        accounts += [(f"{file}: {name}", version["registries"]) for name, version in versions.items()]
    return accounts


def test_the_accounts_are_those_that_aws_publishes() -> None:
    ours = {code: region.containers for code, region in known().items()}
    for source, accounts in published():
        assert {code: account for code, account in accounts.items() if ours.get(code, account) != account} == {}, source
    everywhere = {code for _, accounts in published() for code in accounts}
    assert set(ours) - everywhere == set()
