import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from local.destroy import leftovers, report

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
TEMPLATE = {"Resources": {"StagingBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "cdk-staging"}}}}


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def found(kind: str) -> list[str]:
    return [
        leftover.name for leftover in leftovers.collect(client) if leftover.kind == kind and not leftover.of_bootstrap
    ]


def test_an_empty_account_has_nothing_left(aws: None) -> None:
    assert leftovers.collect(client) == []


def test_a_network_counts_and_the_account_s_own_does_not(aws: None) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="functions", Description="Functions.")["GroupId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]
    assert found("VPC") == [vpc]
    assert found("Subnet") == [subnet]
    assert found("Security group") == [group]
    assert found("Network interface") == [interface]
    assert found("VPC endpoint") == [endpoint["VpcEndpointId"]]


def test_objects_of_old_versions_and_delete_markers_count(aws: None) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="artifacts")
    s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="artifacts", Key="model", Body=b"1")
    s3.delete_object(Bucket="artifacts", Key="model")
    assert found("S3 bucket") == ["artifacts"]
    assert found("S3 object") == ["artifacts/model", "artifacts/model"]


def test_what_bootstrap_made_is_apart(aws: None) -> None:
    client("cloudformation").create_stack(StackName="CDKToolkit", TemplateBody=json.dumps(TEMPLATE))
    client("s3").put_object(Bucket="cdk-staging", Key="asset.zip", Body=b"1")
    client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="1", Type="String")
    client("sqs").create_queue(QueueName="dead-letters")
    everything = leftovers.collect(client)
    assert [item.kind for item in everything if not item.of_bootstrap] == ["SQS queue"]
    assert leftovers.counts(everything, of_bootstrap=True)["S3 object"] == 1
    assert leftovers.counts(everything, of_bootstrap=True)["SSM parameter"] == 1


def test_a_key_pending_deletion_is_gone(aws: None) -> None:
    kms = client("kms")
    kept = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
    assert found("KMS key") == [kept]


def test_a_secret_pending_deletion_is_gone(aws: None) -> None:
    secrets = client("secretsmanager")
    for name in ("kept", "going"):
        secrets.create_secret(Name=name, SecretString="s")
    secrets.delete_secret(SecretId="going", RecoveryWindowInDays=7)
    assert found("Secret") == ["kept"]


def test_the_accounts_job_logs_stay_but_a_jobs_stream_does_not(aws: None) -> None:
    logs = client("logs")
    for group in ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/TransformJobs"):
        logs.create_log_group(logGroupName=group)
    assert leftovers.collect(client) == []
    logs.create_log_stream(logGroupName="/aws/sagemaker/TransformJobs", logStreamName="rubric-local-batch-1/i-1")
    assert found("SageMaker job log") == ["/aws/sagemaker/TransformJobs/rubric-local-batch-1/i-1"]
    assert found("CloudWatch log group") == []


def test_a_resource_of_each_everyday_kind_is_found(aws: None) -> None:
    client("logs").create_log_group(logGroupName="/aws/sagemaker/Endpoints/rubric-local")
    client("ssm").put_parameter(Name="/rubric/local/approved-model", Value="s3://x", Type="String")
    client("sns").create_topic(Name="alarms")
    client("events").put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    client("sagemaker").create_model_package_group(ModelPackageGroupName="rubric-local")
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    client("dynamodb").create_table(
        TableName="keys",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )
    shown = report.as_dict(leftovers.collect(client))
    assert shown["resources"] == {
        "DynamoDB table": ["keys"],
        "EventBridge rule": ["default/nightly"],
        "CloudWatch log group": ["/aws/sagemaker/Endpoints/rubric-local"],
        "SNS topic": ["arn:aws:sns:us-east-1:123456789012:alarms"],
        "SSM parameter": ["/rubric/local/approved-model"],
        "IAM role": ["r"],
        "IAM policy": ["r/p"],
        "SageMaker model package group": ["rubric-local"],
    }
    assert shown["left"] == 8
    assert shown["counts"]["SageMaker endpoint"] == 0


def test_the_table_names_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    left = [leftovers.Leftover(kind="SNS topic", name="arn:alarms", of_bootstrap=False)]
    assert report.show(left, Console(width=120), as_json=False) == 1
    printed = capsys.readouterr().out
    assert "left over: SNS topic arn:alarms" in printed
    assert "1 resources left over." in printed
