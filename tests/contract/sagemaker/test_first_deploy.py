"""A first deploy of our templates on the local AWS fails, as on AWS, without a grant that they once lacked.

Of the Training stack it is the training job's role and what it has for the Serving stack, of that one everything, with
images of the tests' own.
"""

import copy
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import SERVE, Cloud, tar
from tests.clone import ROOT
from tests.contract.sagemaker.functions import zipped
from tests.published.synthesised.synthesis import Combination, Synthesis, synthesise
from tests.stacks.built import BUILT

ASSETS = "cdk-hnb659fds-assets-000000000000-us-east-1"
BUCKETS = {"Dataset": "datasets-of-first-deploy", "Artifact": "artifacts-of-first-deploy"}
CHANGE = "{container: huggingface, image: null}"
Statement = dict[str, Any]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The local environment with the container whose packages are a channel of the training job."""
    folder = tmp_path_factory.mktemp("first-deploy")
    for file in BUILT:
        path = folder / "build" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tar({"a": b"1"}) if file.endswith(".gz") else b"stands for it\n")
    _real(folder / "build/lambda/check_rollout")
    shutil.copy(ROOT / "environments/local.yaml", folder / "local.yaml")
    (folder / "local.override.yaml").write_text(f"serving: {CHANGE}\n", encoding="utf-8")
    whole = Combination(name="whole", file=folder / "local.yaml")
    return synthesise([whole], root=ROOT, build=folder / "build", out=folder / "out")["whole"]


def _real(bundle: Path) -> None:
    """The packages of a built bundle with the repository's code."""
    shutil.rmtree(bundle)
    shutil.copytree(ROOT / "build/lambda/cleanup", bundle, ignore=shutil.ignore_patterns("lambda_src", "contracts"))
    shutil.copytree(ROOT / "lambda_src", bundle / "lambda_src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "contracts", bundle / "contracts", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module", autouse=True)
def account(cloud: Cloud, environment: Synthesis) -> Iterator[None]:
    """The buckets, the exports of the Data stack that lead to them, the assets, and an approved model."""
    cloud.s3.create_bucket(Bucket=ASSETS)
    for bucket in BUCKETS.values():
        cloud.s3.create_bucket(Bucket=bucket)
    for name in ("Training", "Serving"):
        _upload(cloud, environment.files[f"Rubric-local-{name}"])
    model = f"s3://{BUCKETS['Artifact']}/models/one/output/model.tar.gz"
    cloud.s3.put_object(
        Bucket=BUCKETS["Artifact"], Key="models/one/output/model.tar.gz", Body=tar({"name.txt": b"one"})
    )
    cloud.server.client("ssm").put_parameter(Name="/rubric/local/approved-model", Value=model, Type="String")
    text = json.dumps(environment.templates)
    exports = {name: _exported(name) for name in re.findall(r'"Fn::ImportValue": "([^"]+)"', text)}
    outputs = {
        f"Output{number}": {"Value": value, "Export": {"Name": name}}
        for number, (name, value) in enumerate(exports.items())
    }
    topic = {"Nothing": {"Type": "AWS::SNS::Topic"}}
    created(cloud, "Rubric-local-Data", {"Resources": topic, "Outputs": outputs})
    yield
    gone(cloud, "Rubric-local-Data")


def _exported(name: str) -> str:
    """The Data stack's exports: a bucket's name or ARN, or any text for those that these tests do not read."""
    bucket = next((bucket for kind, bucket in BUCKETS.items() if f"{kind}Bucket" in name), "nothing")
    return f"arn:aws:s3:::{bucket}" if "FnGetAtt" in name else bucket


def _upload(cloud: Cloud, template: Path) -> None:
    manifest = json.loads(template.with_name(template.name.replace(".template.", ".assets.")).read_text("utf-8"))
    for asset in manifest["files"].values():
        source = template.parent / asset["source"]["path"]
        for place in asset["destinations"].values():
            body = zipped(source) if source.is_dir() else source.read_bytes()
            cloud.s3.put_object(Bucket=ASSETS, Key=place["objectKey"], Body=body)


def created(cloud: Cloud, name: str, template: dict[str, Any], *, without_capabilities: bool = False) -> str:
    """The status of a stack that was just created."""
    capabilities = [] if without_capabilities else ["CAPABILITY_NAMED_IAM"]
    cloud.cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=capabilities)
    return str(cloud.stack_settled(name)["StackStatus"])


def gone(cloud: Cloud, name: str) -> None:
    cloud.cloudformation.delete_stack(StackName=name)
    cloud.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def lacking(template: dict[str, Any], *, role: str, grant: Callable[[Statement], bool]) -> dict[str, Any]:
    """The template without the role's statements that `grant` names; there must be some."""
    changed = copy.deepcopy(template)
    taken = 0
    for name, resource in changed["Resources"].items():
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith(role):
            document = resource["Properties"]["PolicyDocument"]
            kept = [statement for statement in document["Statement"] if not grant(statement)]
            taken += len(document["Statement"]) - len(kept)
            document["Statement"] = kept
    assert taken == 1
    return changed


def lists_assets(statement: Statement) -> bool:
    return bool(statement["Action"] == "s3:ListBucket" and "-assets-" in json.dumps(statement["Resource"]))


def sees_alarms(statement: Statement) -> bool:
    return bool(statement["Action"] == "cloudwatch:DescribeAlarms")


def trained(cloud: Cloud, environment: Synthesis, template: dict[str, Any], *, name: str) -> dict[str, Any]:
    """The end of a job under the Training stack's role, with the serving packages as their channel."""
    roles = {key: value for key, value in template["Resources"].items() if key.startswith("PipelineJobRole")}
    [key] = [key for key, value in roles.items() if value["Type"] == "AWS::IAM::Role"]
    outputs = {"Role": {"Value": {"Fn::GetAtt": [key, "Arn"]}}}
    stack = "Rubric-local-Training"
    assert created(cloud, stack, {"Resources": roles, "Outputs": outputs}) == "CREATE_COMPLETE"
    functions = environment.templates[stack]["Resources"].values()
    variables = [f["Properties"].get("Environment", {}).get("Variables", {}) for f in functions if "Handler" in str(f)]
    [packages] = [each["SERVING_DEPS_URI"] for each in variables if "SERVING_DEPS_URI" in each]
    uri = packages["Fn::Sub"] if isinstance(packages, dict) else packages
    uri = uri.replace("${AWS::AccountId}", "000000000000").replace("${AWS::Region}", "us-east-1")
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    request = cloud.job_request(name)
    code = f"{BUCKETS['Artifact']}/models/code.tar.gz"
    cloud.s3.copy_object(Bucket=BUCKETS["Artifact"], Key="models/code.tar.gz", CopySource="sagemaker-tests/code.tar.gz")
    request["HyperParameters"]["sagemaker_submit_directory"] = f"s3://{code}"
    request["OutputDataConfig"]["S3OutputPath"] = f"s3://{BUCKETS['Artifact']}/training"
    request["InputDataConfig"] = [{"ChannelName": "serving_deps", "DataSource": {"S3DataSource": source}}]
    request["RoleArn"] = cloud.stack(stack)["Outputs"][0]["OutputValue"]
    try:
        cloud.sagemaker.create_training_job(**request)
        return cloud.ended_job(name)
    finally:
        gone(cloud, stack)


def test_the_first_training_job_lists_the_bucket_of_its_channels(cloud: Cloud, environment: Synthesis) -> None:
    whole = environment.templates["Rubric-local-Training"]
    old = lacking(whole, role="PipelineJobRole", grant=lists_assets)
    with pytest.raises(ClientError) as refused:
        trained(cloud, environment, old, name="rubric-local-without-list")
    message = str(refused.value)
    assert f'has "s3:ListBucket" permissions on bucket "{ASSETS}"' in message
    assert f"is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::{ASSETS} because" in message
    assert trained(cloud, environment, whole, name="rubric-local-with-list")["TrainingJobStatus"] == "Completed"


def base_of(template: dict[str, Any]) -> dict[str, Any]:
    """The part of the Training stack that serves the Serving stack: resources and exports."""
    resources = {key: value for key, value in template["Resources"].items() if key.startswith("ServingBase")}
    outputs = {key: value for key, value in template["Outputs"].items() if "ServingBase" in key}
    return {"Resources": resources, "Outputs": outputs}


def test_the_first_endpoint_sees_the_alarms_that_take_its_rollout_back(cloud: Cloud, environment: Synthesis) -> None:
    training, stack = "Rubric-local-Training", "Rubric-local-Serving"
    base, whole = base_of(environment.templates[training]), copy.deepcopy(environment.templates[stack])
    [model] = [each for each in whole["Resources"].values() if each["Type"] == "AWS::SageMaker::Model"]
    model["Properties"]["PrimaryContainer"]["Image"] = SERVE
    try:
        assert created(cloud, training, lacking(base, role="ServingBaseModelRole", grant=sees_alarms)) == (
            "CREATE_COMPLETE"
        )
        status = created(cloud, stack, whole, without_capabilities=True)
        assert status == "ROLLBACK_COMPLETE"
        events = cloud.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [each.get("ResourceStatusReason", "") for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
        assert any("cloudwatch:DescribeAlarms" in reason for reason in reasons), reasons
        gone(cloud, stack)
        gone(cloud, training)
        assert created(cloud, training, base) == "CREATE_COMPLETE"
        assert created(cloud, stack, whole, without_capabilities=True) == "CREATE_COMPLETE"
        assert cloud.ask("rubric-local")["model"] == "one"
    finally:
        gone(cloud, stack)
        gone(cloud, training)
