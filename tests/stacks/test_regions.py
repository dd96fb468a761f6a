"""environments/aws/regions.yaml agrees with cfn-lint's AWS schemas for every region."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk.region_info import RegionInfo
from cfnlint.helpers import REGIONS
from cfnlint.rules.resources.lmbd.SnapStartSupported import SnapStartSupported
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from environments.aws.regions import known, registry
from environments.rules.scaling import COMPONENT
from tests.stacks.conftest import HUGGINGFACE, Synthesise, Synthesised

ISOLATED = ("us-iso", "eu-isoe")


@pytest.fixture(scope="module")
def types(dev: Synthesised, prod: Synthesised) -> set[str]:
    """Every resource type that the shipped environments deploy, and what a model that sleeps needs."""
    found = {resource["Type"] for each in (dev, prod) for resource in each.everything().values()}
    return {COMPONENT, *(kind for kind in found if kind.startswith("AWS::") and kind != "AWS::CDK::Metadata")}


def test_every_region_is_known() -> None:
    assert set(known()) == {region for region in REGIONS if not region.startswith(ISOLATED)}


def test_a_region_lacks_what_cloudformation_has_no_schema_of_there(types: set[str]) -> None:
    lacks = {code: types - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(code)) for code in known()}
    assert {code: set(region.lacks) for code, region in known().items()} == lacks


def test_snap_start_is_where_cfn_lint_allows_it() -> None:
    assert {code for code, region in known().items() if region.snap_start} == set(SnapStartSupported().regions)


def test_aws_images_are_pulled_from_the_domain_that_the_cdk_has_for_the_region() -> None:
    for code, region in known().items():
        assert registry(code) == f"{region.containers}.dkr.ecr.{code}.{RegionInfo.get(code).domain_suffix}"
    assert registry("eusc-de-east-1").endswith(".eusc-de-east-1.amazonaws.eu")


def image(synthesised: Synthesised) -> str:
    [model] = synthesised.resources("serving", "AWS::SageMaker::Model").values()
    return str(model["Properties"]["PrimaryContainer"]["Image"])


@pytest.mark.parametrize(
    ("region", "registry"),
    [
        ("il-central-1", "780543022126.dkr.ecr.il-central-1.amazonaws.com"),
        ("us-gov-west-1", "442386744353.dkr.ecr.us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_images_are_the_regions_own(synthesise: Synthesise, region: str, registry: str) -> None:
    there = synthesise("prod", change=f"region: {region}\n{HUGGINGFACE}")
    assert image(there).startswith(f"{registry}/huggingface-pytorch-inference:")
    assert f"{registry}/pytorch:2.13.0-cu133-amzn2023-sagemaker" in str(there.everything())


def test_without_snap_start_the_api_calls_the_function_itself(synthesise: Synthesise) -> None:
    there = synthesise("dev", change="region: us-gov-west-1")
    functions: dict[str, Any] = there.resources("api", "AWS::Lambda::Function")
    assert [name for name, function in functions.items() if "SnapStart" in function["Properties"]] == []
    assert there.resources("api", "AWS::Lambda::Alias") == {}


def test_no_arn_names_a_partition(synthesise: Synthesise) -> None:
    there = synthesise("prod", change="region: us-gov-west-1")
    named = [text for text in ("arn:aws:", "arn:aws-us-gov:") if text in str(there.everything())]
    assert named in ([], ["arn:aws-us-gov:"])
