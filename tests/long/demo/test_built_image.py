"""Tests the container of dev and prod: CodeBuild makes its image before the first model is registered."""

from tests.e2e.cloud import Cloud


def test_the_endpoint_serves_from_the_image_that_was_built(deployed: Cloud) -> None:
    sagemaker, ecr = deployed.client("sagemaker"), deployed.client("ecr")
    assert deployed.status()["endpoint_status"] == "InService"
    [endpoint] = sagemaker.list_endpoints()["Endpoints"]
    config = sagemaker.describe_endpoint(EndpointName=endpoint["EndpointName"])["EndpointConfigName"]
    [variant] = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    image = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]["Image"]
    repository, _, tag = image.partition("/")[2].partition(":")
    assert repository == "rubric-local-lean"
    assert ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]


def test_the_image_was_there_before_the_first_model(deployed: Cloud) -> None:
    sagemaker, codebuild = deployed.client("sagemaker"), deployed.client("codebuild")
    [build_id] = codebuild.list_builds_for_project(projectName="rubric-local-lean")["ids"]
    [ended] = codebuild.batch_get_builds(ids=[build_id])["builds"]
    assert ended["buildStatus"] == "SUCCEEDED"
    packages = sagemaker.list_model_packages(ModelPackageGroupName="rubric-local")["ModelPackageSummaryList"]
    assert ended["endTime"] <= min(package["CreationTime"] for package in packages)


def test_a_second_deploy_builds_nothing(deployed: Cloud) -> None:
    # The build is in this stack; the others would only be found unchanged.
    deployed.cdk("deploy", "Rubric-local-Training", "--exclusively", "--require-approval", "never")
    builds = deployed.client("codebuild").list_builds_for_project(projectName="rubric-local-lean")["ids"]
    assert len(builds) == 1
