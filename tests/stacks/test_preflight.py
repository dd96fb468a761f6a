"""The templates match what `rubric preflight` assumes about the stacks."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from environments.aws.first_deploy import BESIDE_THE_JOB, LONGEST_JOB_MINUTES, WAIT_MINUTES
from environments.settings import load
from ops.preflight import bootstrap, needs, organization
from stacks.base import RubricStack
from stacks.deployment import Deployment
from tests.stacks.conftest import REPOSITORY, Synthesise, Synthesised

# CloudFormation's names of services, where tag policies and IAM have others.
SERVICES = {"StepFunctions": "states", "ApiGatewayV2": "apigateway"}


@pytest.fixture(scope="module")
def built_there(synthesise: Synthesise) -> Synthesised:
    """dev with an image that CodeBuild makes, encrypted with its own key."""
    return synthesise("dev", change="{serving: {container: lean, image_build: codebuild}, data: {encryption: kms}}")


def test_the_bootstrap_version_is_the_one_that_the_stacks_ask_for(root: Path) -> None:
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    deployment = Deployment(settings=load("dev", root=root), root=root, build_dir=root / "build")
    stack = RubricStack(app, "Data", deployment=deployment, description="Asks for the bootstrap stack.")
    artifact = app.synth().get_stack_by_name(stack.stack_name)
    assert artifact.requires_bootstrap_stack_version == bootstrap.OLDEST
    assert artifact.bootstrap_stack_version_ssm_parameter == f"/cdk-bootstrap/{bootstrap.qualifier(REPOSITORY)}/version"
    role = bootstrap.execution_role(deployment.settings, account="${AWS::AccountId}", partition="aws", root=REPOSITORY)
    assert artifact.cloud_formation_execution_role_arn == role.replace(":aws:", ":${AWS::Partition}:")


def test_the_hour_has_room_for_what_comes_beside_the_job(dev: Synthesised) -> None:
    [first] = dev.resources("training", "Custom::FirstModel").values()
    assert int(first["Properties"]["ServiceTimeout"]) == WAIT_MINUTES * 60
    [prepare] = [
        function["Properties"]
        for name, function in dev.resources("training", "AWS::Lambda::Function").items()
        if name.startswith("PipelinePrepare")
    ]
    assert prepare["Timeout"] == BESIDE_THE_JOB[0].minutes * 60
    assert LONGEST_JOB_MINUTES + sum(part.minutes for part in BESIDE_THE_JOB) == WAIT_MINUTES


def test_the_build_runs_where_its_quota_is_for(built_there: Synthesised) -> None:
    [project] = built_there.resources("training", "AWS::CodeBuild::Project").values()
    environment = project["Properties"]["Environment"]
    assert (environment["Type"], environment["ComputeType"]) == ("LINUX_CONTAINER", "BUILD_GENERAL1_SMALL")
    assert needs.BUILDS == "Concurrently running builds for Linux/Small environment"


def test_tag_policies_for_any_tagged_resource_are_heeded(built_there: Synthesised) -> None:
    kinds = {
        resource["Type"]
        for resource in built_there.everything().values()
        if isinstance(resource.get("Properties", {}).get("Tags"), list | dict)
    }
    services = {SERVICES.get(kind.split("::")[1], kind.split("::")[1].lower()) for kind in kinds}
    assert services <= set(organization.TAGGED), services - set(organization.TAGGED)


def test_the_simulation_asks_for_every_service_that_the_stacks_use(built_there: Synthesised) -> None:
    kinds = {resource["Type"] for resource in built_there.everything().values()}
    names = {kind.split("::")[1] for kind in kinds if kind.startswith("AWS::")}
    services = {SERVICES.get(name, name.lower()) for name in names} - {"cdk", "cloudformation"}
    asked = {action.split(":")[0] for action in organization.deployed(built_there.stacks.data.settings)}
    assert services <= asked, services - asked
