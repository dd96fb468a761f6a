"""Tests the image built in the account: it exists before it is needed and is removed with the stack."""

from __future__ import annotations

import json

from environments.aws.images import known
from stacks.serving.lean_image import BUILDSPEC, image_tag
from tests.stacks.conftest import Synthesised
from tests.stacks.policies import WITHOUT_RESOURCE, listed
from tests.stacks.serving.templates import model_image, only, policy_of, registered_image, text_of


def test_the_endpoint_runs_the_image_of_these_sources(codebuild: Synthesised) -> None:
    tag = image_tag(codebuild.stacks.data.deployment.build_dir / "serving" / "image")
    account, region, suffix = ("<AWS::AccountId>", "us-east-1", "<AWS::URLSuffix>")
    assert text_of(model_image(codebuild)) == f"{account}.dkr.ecr.{region}.{suffix}/rubric-dev-lean:{tag}"
    [resource] = codebuild.resources("training", "Custom::LeanImage").values()
    assert resource["Properties"]["Tag"] == tag
    assert registered_image(codebuild).endswith(f"/rubric-dev-lean:{tag}")


def test_the_image_is_there_before_the_first_model_is_registered(codebuild: Synthesised) -> None:
    [image] = codebuild.resources("training", "Custom::LeanImage")
    [first] = codebuild.resources("training", "Custom::FirstModel").values()
    assert image in first["DependsOn"]


def test_what_the_build_needs_is_made_before_it_and_goes_after_it(codebuild: Synthesised) -> None:
    [resource] = codebuild.resources("training", "Custom::LeanImage").values()
    own = {name for name in codebuild.resources("training") if name.startswith("LeanImageBuild")}
    kinds = {codebuild.resources("training")[name]["Type"] for name in own & set(resource["DependsOn"])}
    assert kinds >= {
        "AWS::CodeBuild::Project",
        "AWS::ECR::Repository",
        "AWS::Events::Rule",
        "AWS::IAM::Policy",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
    }


def test_cloudformation_waits_longer_than_a_build_can_take(codebuild: Synthesised) -> None:
    [resource] = codebuild.resources("training", "Custom::LeanImage").values()
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    minutes = project["TimeoutInMinutes"] + project["QueuedTimeoutInMinutes"]
    assert minutes * 60 < int(resource["Properties"]["ServiceTimeout"]) <= 3600


def test_the_end_of_each_build_of_this_project_is_heard(codebuild: Synthesised) -> None:
    [rule] = [
        rule["Properties"]
        for name, rule in codebuild.resources("training", "AWS::Events::Rule").items()
        if name.startswith("LeanImageBuild")
    ]
    assert rule["EventPattern"] == {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "detail": {"project-name": ["rubric-dev-lean"], "build-status": [{"anything-but": ["IN_PROGRESS"]}]},
    }
    [(name, _)] = [
        (name, function)
        for name, function in codebuild.resources("training", "AWS::Lambda::Function").items()
        if function["Properties"]["Handler"] == "lambda_src.stack_resources.build_image.handler.handler"
    ]
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": [name, "Arn"]}]


def test_the_function_is_given_what_it_needs(codebuild: Synthesised) -> None:
    [properties] = [
        function["Properties"]["Environment"]["Variables"]
        for function in codebuild.resources("training", "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"] == "lambda_src.stack_resources.build_image.handler.handler"
    ]
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    repository = only(codebuild, "training", "AWS::ECR::Repository")[1]["Properties"]
    assert properties["PROJECT_NAME"] == project["Name"]
    assert properties["REPOSITORY_NAME"] == repository["RepositoryName"]


def test_the_project_builds_with_docker_from_the_uploaded_sources(codebuild: Synthesised) -> None:
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    assert project["Environment"]["PrivilegedMode"] is True
    assert project["Source"]["Type"] == "S3"
    assert "cdk-hnb659fds-assets" in json.dumps(project["Source"]["Location"])
    assert project["Source"]["BuildSpec"] == BUILDSPEC
    assert project["LogsConfig"]["CloudWatchLogs"]["Status"] == "ENABLED"


def test_nothing_is_left_when_the_stack_goes(codebuild: Synthesised) -> None:
    _, repository = only(codebuild, "training", "AWS::ECR::Repository")
    assert repository["Properties"]["EmptyOnDelete"] is True
    assert repository["DeletionPolicy"] == "Delete"
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    group = project["LogsConfig"]["CloudWatchLogs"]["GroupName"]["Ref"]
    assert codebuild.resources("training", "AWS::Logs::LogGroup")[group]["DeletionPolicy"] == "Delete"


def test_an_image_is_never_overwritten(codebuild: Synthesised) -> None:
    repository = only(codebuild, "training", "AWS::ECR::Repository")[1]["Properties"]
    assert repository["ImageTagMutability"] == "IMMUTABLE"


def test_the_build_may_push_to_its_repository_and_nothing_else(codebuild: Synthesised) -> None:
    statements = list(policy_of(codebuild, "training", "LeanImageBuildRole"))
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert actions == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetAuthorizationToken",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetBucketAcl",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:GetObjectVersion",
    }
    on_all = {a for s in statements if "*" in listed(s["Resource"]) for a in listed(s["Action"])}
    assert on_all == {"ecr:GetAuthorizationToken"} <= WITHOUT_RESOURCE
    assert not [s for s in statements if "/*" in json.dumps(s["Resource"])]


def test_sagemaker_may_pull_from_the_repository(codebuild: Synthesised) -> None:
    pulls = [
        s
        for s in policy_of(codebuild, "training", "ServingBaseModelRole")
        if "ecr:BatchGetImage" in listed(s["Action"])
    ]
    assert [text_of(statement["Resource"]) for statement in pulls] == [
        "arn:aws:ecr:us-east-1:<AWS::AccountId>:repository/rubric-dev-lean"
    ]


def test_the_build_and_the_functions_run_on_the_images_that_are_judged(codebuild: Synthesised) -> None:
    project = only(codebuild, "training", "AWS::CodeBuild::Project")[1]["Properties"]
    assert project["Environment"]["Image"] == known()["codebuild"].image
    functions = codebuild.everything("AWS::Lambda::Function").values()
    assert {function["Properties"]["Runtime"] for function in functions} == {known()["lambda_runtime"].image}
