"""Tests the delivery stack, deployed: which token takes which role, and what bootstrap makes of its outputs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from contracts.deployment.delivery import (
    BOOTSTRAP_COMMAND,
    CHECK_ROLE_ARN,
    DEPLOY_ROLE_ARN,
    DIFF_ROLE_ARN,
    EXECUTION_POLICY_ARNS,
    ISSUER,
    PLAN_ROLE_ARN,
    PLANNED,
    Repository,
    in_region,
    output,
    planning,
    records,
)
from delivery.execution.templates import Environment, synthesised
from delivery.place import place
from delivery.stack import DeliveryStack
from environments.delivery import Delivered, load
from environments.settings import load as load_environment
from local_aws.iam import Decision, Request, decide
from local_aws_testing.server import Server
from local_aws_testing.web_identity import assume, signed
from ops.preflight import delivery as preflight
from tests.clone import ROOT
from tests.stacks.built import BUILT
from tools.delivery.assembly import AssemblyStack
from tools.delivery.change_sets import READY
from tools.delivery.deployed import StackState
from tools.delivery.plan import Planner
from tools.delivery.store import Store

ACCOUNT = "000000000000"
STACK = "Rubric-Delivery"
BOOTSTRAP = ROOT / "node_modules" / "aws-cdk" / "lib" / "api" / "bootstrap" / "bootstrap-template.yaml"
DEV = output(DEPLOY_ROLE_ARN, "dev")
REPOSITORY = Repository(name="octo-org/octo-repo", owner_id=123456, id=456789)
SUBJECT = REPOSITORY.deploying("dev")
SETTINGS = {
    "repository": "octo-org/octo-repo",
    "subject": "ids",
    "owner_id": 123456,
    "repository_id": 456789,
    "environments": ["dev"],
    "oidc_provider": "create",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository's root with dev, and a small built tree."""
    root = tmp_path_factory.mktemp("delivery")
    (root / "environments").mkdir()
    (root / "delivery").mkdir()
    shutil.copy(ROOT / "cdk.json", root)
    dev = yaml.safe_load((ROOT / "environments" / "dev.yaml").read_text("utf-8"))
    text = yaml.safe_dump({**dev, "permissions_boundary": "rubric-dev-boundary"})
    (root / "environments" / "dev.yaml").write_text(text, encoding="utf-8")
    for file in BUILT:
        path = root / "build" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands for {file}\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def environment(root: Path) -> Environment:
    """dev with its templates, synthesised once."""
    return synthesised(load_environment("dev", root=root), root=root)


def template(root: Path, environment: Environment, **change: Any) -> tuple[Delivered, str]:
    """The settings, and the template as the CDK command line would send it."""
    (root / "delivery" / "delivery.yaml").write_text(yaml.safe_dump({"delivery": {**SETTINGS, **change}}))
    delivered = load(root=root)
    app = cdk.App(analytics_reporting=False, stack_traces=False, builtin_cloud_formation_validation=False)
    where = place(region=delivered.region, root=root)
    stack = DeliveryStack(app, delivered=delivered, environments=[environment], place=where)
    # What the service takes without a bucket is 51,200 bytes (CloudFormation's quotas); the command line sends YAML.
    text = yaml.safe_dump(app.synth().get_stack_by_name(stack.stack_name).template)
    assert len(text) < 51_200
    return delivered, text


def deploy(server: Server, name: str, body: str, **more: Any) -> dict[str, str]:
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"], **more)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def destroy(server: Server, name: str) -> None:
    cloudformation = server.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def providers(server: Server) -> list[str]:
    return [each["Arn"] for each in server.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]]


@pytest.fixture(scope="module")
def delivered(root: Path, environment: Environment, server: Server) -> Iterator[tuple[Delivered, dict[str, str]]]:
    """The deployed stack's settings and outputs."""
    settings, body = template(root, environment)
    yield settings, deploy(server, STACK, body)
    destroy(server, STACK)
    assert providers(server) == []


@pytest.fixture(scope="module")
def bootstrapped(server: Server, delivered: tuple[Delivered, dict[str, str]]) -> Iterator[None]:
    """An account bootstrapped with what the stack's output says."""
    command = delivered[1][in_region(BOOTSTRAP_COMMAND, "us-east-1")].split()
    given = {
        "CloudFormationExecutionPolicies": command[command.index("--cloudformation-execution-policies") + 1],
        "InputPermissionsBoundary": command[command.index("--custom-permissions-boundary") + 1],
    }
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    deploy(server, "CDKToolkit", BOOTSTRAP.read_text("utf-8"), Parameters=parameters)
    yield
    destroy(server, "CDKToolkit")
    # Its template keeps the bucket, and another bootstrap could not make it.
    server.client("s3").delete_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-us-east-1")


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        (DEV, SUBJECT),
        (output(CHECK_ROLE_ARN, "dev"), SUBJECT),
        (output(PLAN_ROLE_ARN, "dev"), REPOSITORY.deploying(planning("dev"))),
        (DIFF_ROLE_ARN, REPOSITORY.pull_request),
    ],
)
def test_a_role_is_given_to_its_subject(
    server: Server, delivered: tuple[Delivered, dict[str, str]], role: str, subject: str
) -> None:
    answer = assume(server, delivered[1][role], signed(subject, key=server.access_key))
    assert answer["SubjectFromWebIdentityToken"] == subject


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        (DEV, REPOSITORY.deploying("prod")),
        (DEV, REPOSITORY.pull_request),
        (DEV, REPOSITORY.deploying(planning("dev"))),
        (output(PLAN_ROLE_ARN, "dev"), SUBJECT),
        (DEV, f"{REPOSITORY.claim}:ref:refs/heads/main"),
        (DEV, Repository(name="octo-org/octo-repo").deploying("dev")),
        (DEV, Repository(name="fork/octo-repo", owner_id=1, id=2).deploying("dev")),
        (output(CHECK_ROLE_ARN, "dev"), REPOSITORY.pull_request),
        (DIFF_ROLE_ARN, SUBJECT),
    ],
)
def test_a_role_is_given_to_no_other(
    server: Server, delivered: tuple[Delivered, dict[str, str]], role: str, subject: str
) -> None:
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        assume(server, delivered[1][role], signed(subject, key=server.access_key))


def test_a_token_for_another_service_is_refused(server: Server, delivered: tuple[Delivered, dict[str, str]]) -> None:
    with pytest.raises(ClientError, match="Incorrect token audience"):
        assume(
            server, delivered[1][DEV], signed(SUBJECT, key=server.access_key, audience="https://github.com/octo-org")
        )


@pytest.mark.usefixtures("bootstrapped")
@pytest.mark.parametrize(
    ("kind", "taken"), [("deploy", True), ("file-publishing", True), ("image-publishing", True), ("lookup", False)]
)
def test_a_deploy_takes_bootstraps_roles_and_no_other(
    server: Server, delivered: tuple[Delivered, dict[str, str]], kind: str, taken: bool
) -> None:
    credentials = assume(server, delivered[1][DEV], signed(SUBJECT, key=server.access_key))["Credentials"]
    sts = boto3.client(
        "sts",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-{kind}-role-{ACCOUNT}-us-east-1"
    if taken:
        assert sts.assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
        return
    with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole action"):
        sts.assume_role(RoleArn=role, RoleSessionName="deploy")


@pytest.mark.usefixtures("bootstrapped")
def test_a_plans_role_makes_a_change_set_and_may_neither_execute_it_nor_write_what_a_rollback_reads(
    server: Server, delivered: tuple[Delivered, dict[str, str]], tmp_path: Path
) -> None:
    token = signed(REPOSITORY.deploying(planning("dev")), key=server.access_key)
    given = assume(server, delivered[1][output(PLAN_ROLE_ARN, "dev")], token)["Credentials"]
    place = PlannersPlace(server, given)
    document = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    file = tmp_path / "template.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    name = "Rubric-dev-Planned"
    stack = AssemblyStack(name, document, "us-east-1", None, None, None, place.bucket, file=file)
    store = Store(cast(Any, place), prefix=records("Rubric-dev") + PLANNED)
    made = Planner(store, "rubric-d1", every=0.2).make(stack, StackState(name))
    assert (made.kind, [each["LogicalResourceId"] for each in made.changes]) == (READY, ["Queue"])
    role = delivered[1][output(PLAN_ROLE_ARN, "dev")].rpartition("/")[2]
    policy = server.client("iam").get_role_policy(RoleName=role, PolicyName="Job")["PolicyDocument"]
    [planned] = server.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    bucket = f"arn:aws:s3:::{place.bucket}"
    may = {
        ("cloudformation:CreateChangeSet", planned["StackId"]): True,
        ("cloudformation:ExecuteChangeSet", planned["StackId"]): False,
        ("cloudformation:CreateChangeSet", planned["StackId"].replace("-dev-", "-prod-")): False,
        ("s3:PutObject", f"{bucket}/{next(key for key in keys(server, place.bucket) if '/plan/' in key)}"): True,
        ("s3:PutObject", f"{bucket}/{records('Rubric-dev')}before.json"): False,
        ("sts:AssumeRole", place.execution_role.replace("cfn-exec", "deploy")): False,
    }
    for (action, resource), allowed in may.items():
        decided = decide([policy], Request(action, resource, {})) is Decision.ALLOWED
        assert decided is allowed, (action, resource)
    # The account's administrator deletes what only a plan has made.
    server.client("cloudformation").delete_stack(StackName=name)
    s3 = server.client("s3")
    for each in s3.list_object_versions(Bucket=place.bucket).get("Versions", []):
        s3.delete_object(Bucket=place.bucket, Key=each["Key"], VersionId=each["VersionId"])


def keys(server: Server, bucket: str) -> list[str]:
    return [each["Key"] for each in server.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


class PlannersPlace:
    """An account's clients with the credentials of a plan's role."""

    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-us-east-1"
    execution_role = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"

    def __init__(self, server: Server, credentials: Mapping[str, str]) -> None:
        session = boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name="us-east-1",
        )
        self.cloudformation = session.client("cloudformation", endpoint_url=server.url)
        self.s3 = session.client("s3", endpoint_url=server.url)


@pytest.mark.usefixtures("bootstrapped")
def test_cloudformations_role_has_the_policies_and_the_boundary(
    server: Server, delivered: tuple[Delivered, dict[str, str]]
) -> None:
    iam, name = server.client("iam"), f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert sorted(each["PolicyArn"] for each in attached) == sorted(delivered[1][EXECUTION_POLICY_ARNS].split(","))
    boundary = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    [version] = iam.list_policy_versions(PolicyArn=boundary)["Versions"]
    document = iam.get_policy_version(PolicyArn=boundary, VersionId=version["VersionId"])["PolicyVersion"]["Document"]
    [denied] = [part for part in document["Statement"] if part["Effect"] == "Deny"]
    bound = denied["Condition"]["StringNotEquals"]["iam:PermissionsBoundary"]
    assert bound == [f"arn:aws:iam::{ACCOUNT}:policy/rubric-dev-boundary"]


def verdicts(server: Server, delivered: Delivered) -> dict[str, str]:
    [settings] = delivered.environments
    iam = server.client("iam")
    role = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"
    found = preflight.look(iam, server.client("cloudformation"), delivered=delivered, settings=settings, role=role)
    found += preflight.boundary(iam, settings=settings, account=ACCOUNT, partition="aws")
    return {finding.what: finding.verdict for finding in found}


@pytest.mark.usefixtures("bootstrapped")
def test_preflight_finds_the_account_ready(server: Server, delivered: tuple[Delivered, dict[str, str]]) -> None:
    found = verdicts(server, delivered[0])
    assert set(found.values()) == {"ok"} and len(found) == 4, found


def test_a_provider_that_was_there_stays(
    server: Server, root: Path, environment: Environment, delivered: tuple[Delivered, dict[str, str]]
) -> None:
    before = providers(server)
    _, body = template(root, environment, oidc_provider="existing")
    renamed = body.replace("rubric-dev-boundary", "another-boundary")
    deploy(server, "Another-Delivery", renamed)
    destroy(server, "Another-Delivery")
    assert providers(server) == before == [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"]


def test_documents_are_the_templates_own(server: Server, delivered: tuple[Delivered, dict[str, str]]) -> None:
    """CloudFormation has filled in the account: nothing is left of a reference."""
    iam = server.client("iam")
    for arn in delivered[1][EXECUTION_POLICY_ARNS].split(","):
        document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
        text = json.dumps(document)
        assert ACCOUNT in text and "AWS::" not in text and "Fn::" not in text
