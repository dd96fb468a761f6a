"""The container that dev and prod have: an image that CodeBuild makes, before the first model is registered."""

from collections.abc import Iterator

import pytest

from tests.e2e.cloud import ROOT, Cloud
from tools.bundling import build, targets


@pytest.fixture(scope="module")
def built(cloud: Cloud) -> Iterator[Cloud]:
    """The demo with an image that is built in the account; everything is deleted at the end."""
    build.build([*targets.TARGETS, targets.LEAN_IMAGE], root=ROOT, out=ROOT / "build")
    cloud.write_settings({"serving": {"image": None, "image_build": "codebuild"}})
    cloud.local("demo", timeout=900)
    yield cloud
    cloud.local("destroy", timeout=600)


def test_the_endpoint_serves_from_the_image_that_was_built(built: Cloud) -> None:
    sagemaker, ecr = built.client("sagemaker"), built.client("ecr")
    [model] = sagemaker.list_models()["Models"]
    image = sagemaker.describe_model(ModelName=model["ModelName"])["PrimaryContainer"]["Image"]
    repository, _, tag = image.partition("/")[2].partition(":")
    assert repository == "rubric-local-lean"
    assert ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
    assert built.status()["endpoint_status"] == "InService"


def test_the_image_was_there_before_the_first_model(built: Cloud) -> None:
    sagemaker, codebuild = built.client("sagemaker"), built.client("codebuild")
    [build_id] = codebuild.list_builds_for_project(projectName="rubric-local-lean")["ids"]
    [ended] = codebuild.batch_get_builds(ids=[build_id])["builds"]
    assert ended["buildStatus"] == "SUCCEEDED"
    [package] = sagemaker.list_model_packages(ModelPackageGroupName="rubric-local")["ModelPackageSummaryList"]
    assert ended["endTime"] <= package["CreationTime"]


def test_a_second_deploy_builds_nothing(built: Cloud) -> None:
    built.cdk("deploy", "--all", "--require-approval", "never")
    builds = built.client("codebuild").list_builds_for_project(projectName="rubric-local-lean")["ids"]
    assert len(builds) == 1
