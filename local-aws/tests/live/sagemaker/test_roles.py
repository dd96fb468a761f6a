"""Jobs and endpoints need each permission of their role: without one they fail with AWS's message.

Each test has the role of a whole job or model, less one statement.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.sagemaker.test_transform import ended as ended_transform
from live.sagemaker.test_transform import start as start_transform
from local_aws_testing.cloud import BUCKET, SERVE, Cloud, tar
from local_aws_testing.server import make_role

SERVICE = "sagemaker.amazonaws.com"
ASSETS = "assets-of-tests"
GROUP = "/aws/sagemaker/TrainingJobs"
ALARM = "rollback-of-tests"
LOGS = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"

Statements = dict[str, dict[str, Any]]
RoleWithout = Callable[..., str]


def statement(actions: str, *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions.split(), "Resource": list(resources) or "*"}


@pytest.fixture(scope="module")
def key(cloud: Cloud) -> str:
    return str(cloud.server.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def role_without(cloud: Cloud, key: str) -> RoleWithout:
    """A role with all permissions that the tests' jobs and models need, without the named statements."""
    objects = [f"arn:aws:s3:::{BUCKET}/*", f"arn:aws:s3:::{ASSETS}/*"]
    all_of_them: Statements = {
        "list": statement("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
        "list assets": statement("s3:ListBucket", f"arn:aws:s3:::{ASSETS}"),
        "get": statement("s3:GetObject", *objects),
        "put": statement("s3:PutObject s3:AbortMultipartUpload", *objects),
        "delete": statement("s3:DeleteObject", f"arn:aws:s3:::{BUCKET}/checkpoints/*"),
        "log": statement("logs:CreateLogStream logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/sagemaker/*"),
        "make group": statement("logs:CreateLogGroup", LOGS, f"{LOGS}:*"),
        "key": statement("kms:GenerateDataKey kms:Decrypt", key),
        "encrypt": statement("kms:Encrypt", key),
        "alarms": statement("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{ALARM}"),
        "metrics": statement("cloudwatch:PutMetricData"),
        "images": statement("ecr:*"),
    }

    def made(*without: str) -> str:
        name = "-".join(["tests", *(part.replace(" ", "-") for part in without)]) or "tests-whole"
        kept = [all_of_them[part] for part in all_of_them.keys() - set(without)]
        return make_role(cloud.server, name, SERVICE, statements=kept)

    return made


@pytest.fixture(scope="module", autouse=True)
def assets(cloud: Cloud) -> None:
    cloud.s3.create_bucket(Bucket=ASSETS)
    cloud.s3.put_object(Bucket=ASSETS, Key="packages.tar.gz", Body=tar({"a": b"1"}))


def request(cloud: Cloud, name: str, role: str, *, forget: str = "") -> dict[str, Any]:
    """A job with a channel in the bucket of assets."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{ASSETS}/packages.tar.gz"}
    channel = {"ChannelName": "packages", "DataSource": {"S3DataSource": source}}
    return {**cloud.job_request(name, forget=forget), "RoleArn": role, "InputDataConfig": [channel]}


def job(cloud: Cloud, name: str, role: str, *, forget: str = "", **members: Any) -> dict[str, Any]:
    cloud.sagemaker.create_training_job(**(request(cloud, name, role, forget=forget) | members))
    return cloud.ended_job(name)


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    result = error.value.response["Error"]
    return result["Code"], result["Message"]


def test_a_whole_role_trains(cloud: Cloud, role_without: RoleWithout, key: str) -> None:
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "KmsKeyId": key}
    ended = job(cloud, "whole-1", role_without(), OutputDataConfig=output)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    made = cloud.s3.head_object(Bucket=BUCKET, Key="models/whole-1/output/model.tar.gz")
    assert made["SSEKMSKeyId"] == key
    streams = cloud.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="whole-1/")["logStreams"]
    assert len(streams) == 1


def test_the_bucket_of_a_channel_that_may_not_be_listed(cloud: Cloud, role_without: RoleWithout) -> None:
    role = role_without("list assets")
    code, message = refused(cloud.sagemaker.create_training_job, **request(cloud, "unlisted-1", role))
    assert code == "ValidationException"
    assert message.startswith(f'No S3 objects found under S3 URL "s3://{ASSETS}/packages.tar.gz" given in input data')
    assert f'that the role "{role}" has "s3:ListBucket" permissions on bucket "{ASSETS}". Error message' in message
    assert message.endswith("because no identity-based policy allows the s3:ListBucket action")


def test_an_object_of_a_channel_that_may_not_be_read(cloud: Cloud, role_without: RoleWithout) -> None:
    ended = job(cloud, "unread-1", role_without("get"))
    assert ended["FailureReason"] == (
        f"ClientError: Data download failed:Unable to download object s3://{ASSETS}/packages.tar.gz "
        "(AccessDenied: Access Denied)"
    )


def test_a_model_that_may_not_be_written(cloud: Cloud, role_without: RoleWithout) -> None:
    reason = job(cloud, "unwritten-1", role_without("put"))["FailureReason"]
    assert reason.startswith("ClientError: Artifact upload failed:")
    assert "not authorized to perform: s3:PutObject on resource" in reason


@pytest.mark.parametrize("without", ["encrypt", "key"])
def test_the_key_of_the_output(cloud: Cloud, role_without: RoleWithout, key: str, without: str) -> None:
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "KmsKeyId": key}
    reason = job(cloud, f"locked-{without}", role_without(without), OutputDataConfig=output)["FailureReason"]
    action = {"encrypt": "kms:Encrypt", "key": "kms:GenerateDataKey"}[without]
    assert reason.startswith("ClientError: Artifact upload failed:")
    assert f"not authorized to perform: {action} on resource: {key} because no identity-based policy" in reason


@pytest.fixture
def no_group(cloud: Cloud) -> Iterator[None]:
    """The account without SageMaker's log group, as it is before its first job."""
    if cloud.logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        cloud.logs.delete_log_group(logGroupName=GROUP)
    yield


@pytest.mark.parametrize("without", [(), ("make group",), ("log",)])
@pytest.mark.usefixtures("no_group")
def test_a_job_that_may_not_log_runs_without_a_log(
    cloud: Cloud, role_without: RoleWithout, without: tuple[str, ...]
) -> None:
    name = "-".join(["silent", *without]).replace(" ", "-")
    assert job(cloud, name, role_without(*without))["TrainingJobStatus"] == "Completed"
    groups = cloud.logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert bool(groups) is not bool(without)


@pytest.mark.parametrize(("without", "left"), [((), {"seen"}), (("delete",), {"seen", "old"})])
def test_a_checkpoint_that_the_job_deletes(
    cloud: Cloud, role_without: RoleWithout, without: tuple[str, ...], left: set[str]
) -> None:
    name = f"checkpoints-{len(left)}"
    cloud.s3.put_object(Bucket=BUCKET, Key=f"checkpoints/{name}/old", Body=b"1")
    kept = {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"}
    ended = job(cloud, name, role_without(*without), forget="old", CheckpointConfig=kept)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    result = cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"checkpoints/{name}/")["Contents"]
    assert {item["Key"].rsplit("/", 1)[1] for item in result} == left


def test_a_role_that_is_not_there(cloud: Cloud) -> None:
    absent = "arn:aws:iam::000000000000:role/absent"
    code, message = refused(cloud.sagemaker.create_training_job, **request(cloud, "nobody-1", absent))
    assert (code, message) == (
        "ValidationException",
        f"Could not assume role {absent}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role.",
    )


def test_a_role_that_trusts_another_service(cloud: Cloud) -> None:
    other = make_role(cloud.server, "of-lambda", "lambda.amazonaws.com")
    container = {"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/one.tar.gz"}
    model = {"ModelName": "distrusted", "ExecutionRoleArn": other, "PrimaryContainer": container}
    assert refused(cloud.sagemaker.create_model, **model) == (
        "ValidationException",
        f'The execution role ARN "{other}" is invalid. Please ensure that the role exists and that its trust '
        'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com".',
    )


def test_an_image_that_may_not_be_pulled(cloud: Cloud, role_without: RoleWithout) -> None:
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2"
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    role = role_without("images")
    reason = job(cloud, "unpulled-1", role, AlgorithmSpecification=algorithm)["FailureReason"]
    assert f"The role '{role}' does not have GetAuthorizationToken permission for the image: '{image}'." in reason


def make_model(cloud: Cloud, name: str, role: str, data: str = "one") -> None:
    container = {"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/{data}.tar.gz"}
    cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)


def make_config(cloud: Cloud, name: str, **members: Any) -> None:
    variant = {"VariantName": "one", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    cloud.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **members)


def test_an_artifact_that_may_not_be_read_is_no_model(cloud: Cloud, role_without: RoleWithout) -> None:
    """A stack reports it, too."""
    container = {"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/one.tar.gz"}
    properties = {"ExecutionRoleArn": role_without("get"), "PrimaryContainer": container}
    template = {"Resources": {"Model": {"Type": "AWS::SageMaker::Model", "Properties": properties}}}
    cloud.cloudformation.create_stack(StackName="unreadable", TemplateBody=json.dumps(template))
    assert cloud.stack_settled("unreadable")["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloud.cloudformation.describe_stack_events(StackName="unreadable")["StackEvents"]
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in events)
    assert f"Could not access model data at s3://{BUCKET}/one.tar.gz. Please ensure that the role" in reasons


def test_an_artifact_that_may_no_longer_be_read_fails_the_endpoint(cloud: Cloud, role_without: RoleWithout) -> None:
    role = make_role(cloud.server, "loses-get", SERVICE)
    make_model(cloud, "loses", role)
    make_config(cloud, "loses")
    make_role(cloud.server, "loses-get", SERVICE, statements=[statement("logs:*")])
    cloud.sagemaker.create_endpoint(EndpointName="loses", EndpointConfigName="loses")
    settled = cloud.settled("loses")
    assert settled["EndpointStatus"] == "Failed"
    assert settled["FailureReason"].startswith('Failed to download model data for container "container_1" from URL')


def test_the_alarms_of_a_rollback_that_may_not_be_described(cloud: Cloud, role_without: RoleWithout) -> None:
    guarded: dict[str, Any] = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}}
    guarded |= {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    }
    make_model(cloud, "unwatched", role_without("alarms"))
    make_config(cloud, "unwatched")
    endpoint = {"EndpointName": "unwatched", "EndpointConfigName": "unwatched", "DeploymentConfig": guarded}
    code, message = refused(cloud.sagemaker.create_endpoint, **endpoint)
    assert code == "ValidationException"
    assert "not authorized to perform: cloudwatch:DescribeAlarms on resource: arn:aws:cloudwatch:us-east-1:" in message

    cloud.server.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    make_model(cloud, "watched", role_without())
    make_config(cloud, "watched")
    cloud.sagemaker.create_endpoint(**endpoint | {"EndpointName": "watched", "EndpointConfigName": "watched"})
    assert cloud.settled("watched")["EndpointStatus"] == "InService"
    update = endpoint | {"EndpointName": "watched"}
    assert refused(cloud.sagemaker.update_endpoint, **update)[0] == "ValidationException"


@pytest.mark.parametrize("without", [(), ("put",)])
def test_captured_requests(cloud: Cloud, role_without: RoleWithout, without: tuple[str, ...]) -> None:
    """A role without the permission writes none, and the endpoint still answers."""
    name = "-".join(["captured-under", "a-role", *without])
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/{name}",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    make_model(cloud, name, role_without(*without))
    make_config(cloud, name, DataCaptureConfig=capture)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert cloud.settled(name)["EndpointStatus"] == "InService"
    assert cloud.ask(name)["variant"] == "one"
    cloud.delete_endpoint(name)  # writes the captures that wait
    assert bool(cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{name}/").get("Contents")) is not bool(without)


@pytest.mark.parametrize("without", ["list", "put"])
def test_the_files_of_a_transform_job(cloud: Cloud, role_without: RoleWithout, without: str) -> None:
    name = f"batch-without-{without}"
    container = {"Image": "tests/fake-batch:1", "ModelDataUrl": f"s3://{BUCKET}/one.tar.gz"}
    cloud.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=role_without(without),
        PrimaryContainer=container | {"Environment": {"MY_MODEL": "1"}},
    )
    cloud.s3.put_object(Bucket=BUCKET, Key=f"in/{name}/a.txt", Body=b"text\n")
    start_transform(cloud, name, ModelName=name)
    job = ended_transform(cloud, name)
    if without == "list":
        assert 'has "s3:ListBucket" permissions on bucket' in job["FailureReason"]
    else:
        assert job["FailureReason"] == "ClientError: See job logs for more information"


def test_a_key_whose_policy_leaves_the_account_out(cloud: Cloud, role_without: RoleWithout) -> None:
    """An identity policy counts only where the key's policy lets its account in."""
    elsewhere = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:role/key-admin"}, "Action": "kms:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [elsewhere | {"Resource": "*"}]})
    locked = str(cloud.server.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])
    role = make_role(cloud.server, "may-all", SERVICE)
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "KmsKeyId": locked}
    assert (
        "because no resource-based policy allows"
        in job(cloud, "keyless-1", role, OutputDataConfig=output)["FailureReason"]
    )


def test_a_bucket_that_encrypts_with_a_key_asks_for_it(cloud: Cloud, role_without: RoleWithout, key: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    cloud.s3.create_bucket(Bucket="encrypted-tests")
    cloud.s3.put_bucket_encryption(Bucket="encrypted-tests", ServerSideEncryptionConfiguration={"Rules": [rule]})
    role = make_role(
        cloud.server, "no-key", SERVICE, statements=[statement("s3:*"), statement("logs:*"), statement("ecr:*")]
    )
    output = {"S3OutputPath": "s3://encrypted-tests/models"}
    reason = job(cloud, "encrypted-1", role, OutputDataConfig=output)["FailureReason"]
    assert "not authorized to perform: kms:GenerateDataKey" in reason
    cloud.s3.put_object(Bucket="encrypted-tests", Key="data/a", Body=b"1")
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://encrypted-tests/data/"}
    channel = [{"ChannelName": "packages", "DataSource": {"S3DataSource": source}}]
    reason = job(cloud, "encrypted-2", role, InputDataConfig=channel)["FailureReason"]
    assert reason.startswith("ClientError: Data download failed:Unable to download object s3://encrypted-tests/data/a")
