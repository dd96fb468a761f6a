"""Tests `rubric preflight` on a running local AWS, which answers and refuses as AWS does."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import Server
from ops.main import main
from tests.clone import ROOT

ACCOUNT = "000000000000"
ROLE = f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"
VERSION = "/cdk-bootstrap/hnb659fds/version"
TEMPLATE = ROOT / "node_modules" / "aws-cdk" / "lib" / "api" / "bootstrap" / "bootstrap-template.yaml"
TRAINING = "ml.c7i.large for training job usage"


@pytest.fixture(scope="module")
def bootstrapped(server: Server) -> Iterator[Server]:
    """An account bootstrapped with the CDK's own template and its defaults."""
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(
        StackName="CDKToolkit", TemplateBody=TEMPLATE.read_text(encoding="utf-8"), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="CDKToolkit", WaiterConfig={"Delay": 1})
    yield server
    cloudformation.delete_stack(StackName="CDKToolkit")


@pytest.fixture
def account(bootstrapped: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The account at the start of each test."""
    server = bootstrapped
    monkeypatch.setattr("ops.commands.preflight.today", lambda: dt.date(2026, 11, 29))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    credentials = {"ACCESS_KEY_ID": server.access_key, "SECRET_ACCESS_KEY": "unchecked"}
    for name, value in {**credentials, "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    version = server.client("ssm").get_parameter(Name=VERSION)["Parameter"]["Value"]
    yield server
    server.client("ssm").put_parameter(Name=VERSION, Value=version, Type="String", Overwrite=True)
    (server.folder / "quotas.json").unlink(missing_ok=True)


def preflight(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, str]]]:
    """The exit status and the findings that are not ok."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["--env", "local", "preflight", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return int(ended.value.code or 0), [finding for finding in findings if finding["verdict"] != "ok"]


def set_quota(server: Server, value: float | None, name: str = TRAINING) -> None:
    (server.folder / "quotas.json").write_text(json.dumps({name: value}), encoding="utf-8")


def test_an_account_with_nothing_amiss_is_ready(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert preflight(capsys) == (0, [])


def test_a_quota_of_0_is_refused_until_more_is_granted(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    set_quota(account, 0)
    status, [finding] = preflight(capsys)
    assert (status, finding["verdict"]) == (1, "refused")
    assert finding["what"] == f"{TRAINING}: 0, but 1 needed: the first model's training job"
    words = finding["todo"].split()
    code, desired = words[words.index("--quota-code") + 1], float(words[words.index("--desired-value") + 1])
    (account.folder / "quotas.json").unlink()
    quotas = account.client("service-quotas")
    with pytest.raises(ClientError, match="greater than the current value"):
        quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=desired)
    granted = quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=99)
    assert granted["RequestedQuota"]["QuotaName"] == TRAINING
    assert quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"]["Value"] == 99
    assert preflight(capsys)[0] == 0


def test_a_quota_that_the_region_has_not_got(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    set_quota(account, None)
    status, [finding] = preflight(capsys)
    assert (status, finding["verdict"]) == (0, "warning")  # the price list has the type in us-east-1


def test_what_service_quotas_refuses(server: Server) -> None:
    quotas = server.client("service-quotas")
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        quotas.list_service_quotas(ServiceCode="nosuchservice")
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-00000000")


def test_an_account_that_is_not_bootstrapped(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    account.client("ssm").put_parameter(Name=VERSION, Value="5", Type="String", Overwrite=True)
    status, [finding] = preflight(capsys)
    assert (status, finding["area"], finding["todo"]) == (1, "bootstrap", "make bootstrap ENV=local")


def test_a_role_that_may_not_deploy(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    iam = account.client("iam")
    statement = {"Effect": "Deny", "Action": "dynamodb:CreateTable", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=ROLE, PolicyName="denied", PolicyDocument=document)
    try:
        status, [finding] = preflight(capsys)
    finally:
        iam.delete_role_policy(RoleName=ROLE, PolicyName="denied")
    assert (status, finding["what"].rpartition(": ")[2]) == (1, "dynamodb:CreateTable")


def test_a_role_that_is_not_there_is_no_role_that_may_nothing(server: Server) -> None:
    with pytest.raises(ClientError) as raised:
        server.client("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/nobody", ActionNames=["s3:CreateBucket"]
        )
    assert raised.value.response["Error"]["Code"] == "NoSuchEntity"


def test_a_tag_policy_that_is_enforced(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    organizations = account.client("organizations")
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        organizations.describe_effective_policy(PolicyType="TAG_POLICY")
    [root] = organizations.list_roots()["Roots"]
    with pytest.raises(ClientError, match="EffectivePolicyNotFoundException"):
        organizations.describe_effective_policy(PolicyType="TAG_POLICY")
    organizations.enable_policy_type(RootId=root["Id"], PolicyType="TAG_POLICY")
    rule = {"tag_key": {"@@assign": "environment"}, "tag_value": {"@@assign": ["production"]}}
    content = {"tags": {"environment": {**rule, "enforced_for": {"@@assign": ["s3:bucket"]}}}}
    policy = organizations.create_policy(Name="tags", Description="", Type="TAG_POLICY", Content=json.dumps(content))[
        "Policy"
    ]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=root["Id"])
    try:
        status, [finding] = preflight(capsys)
    finally:
        organizations.detach_policy(PolicyId=policy, TargetId=root["Id"])
    assert (status, finding["area"]) == (1, "organization")
    assert "it is enforced for s3:bucket" in finding["what"]


@pytest.mark.parametrize(
    ("registry", "repository", "tag", "there"),
    [
        ("763104351884", "pytorch", "2.13.0-cpu-amzn2023-sagemaker", True),
        ("763104351884", "pytorch", "2.13.0-cpu-of-nobody", False),
        (ACCOUNT, "rubric-lean", "local", True),
    ],
)
def test_images_that_the_local_sagemaker_runs_are_there(
    server: Server, registry: str, repository: str, tag: str, there: bool
) -> None:
    answer = server.client("ecr").batch_get_image(
        registryId=registry, repositoryName=repository, imageIds=[{"imageTag": tag}]
    )
    assert (len(answer["images"]), len(answer["failures"])) == ((1, 0) if there else (0, 1))


def test_a_repository_that_nobody_made(server: Server) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        server.client("ecr").batch_get_image(repositoryName="nobodys", imageIds=[{"imageTag": "1"}])


def test_what_preflight_refuses_the_local_sagemaker_refuses_too(account: Server) -> None:
    set_quota(account, 0)
    with pytest.raises(ClientError, match=f"'{TRAINING}' is 0 Instances, with current utilization of 0") as raised:
        account.client("sagemaker").create_training_job(
            TrainingJobName="none-left",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
            AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
            OutputDataConfig={"S3OutputPath": "s3://bucket/models"},
            ResourceConfig={"InstanceType": "ml.c7i.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
        )
    assert raised.value.response["Error"]["Code"] == "ResourceLimitExceeded"
