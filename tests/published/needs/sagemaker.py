"""SageMaker's actions under the roles that it gets: a training job's and a model's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from environments.aws.instances import takes_volume_key
from tests.published.needs.need import Need, all_of
from tests.published.sent.requests import Request
from tests.published.synthesised.concrete import Account, Resource

ROLES = "SageMaker developer guide, sagemaker-roles"
CHECKPOINTS = "SageMaker developer guide, model-checkpoints"
GUARDRAILS = "SageMaker developer guide, deployment-guardrails-configuration"
OUTPUT_KEY = "SageMaker API reference, OutputDataConfig.KmsKeyId"
MULTIPART = "S3 user guide, mpuoverview (permissions)"
S3_KEYS = "S3 user guide, UsingKMSEncryption"
_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)")


class Runs:
    """Needs of SageMaker's jobs and models in one environment."""

    def __init__(self, account: Account) -> None:
        self._account = account
        encrypted = account.resources("AWS::KMS::Key")
        self._key = str(encrypted[0].arn) if encrypted else None
        buckets = account.resources("AWS::S3::Bucket")
        [self._datasets] = [bucket.name for bucket in buckets if bucket.id.startswith("Dataset")]
        self._ours = {bucket.name for bucket in buckets}

    def training(self, request: Request) -> Iterator[Need]:
        """A training job's."""
        job = request.parameters
        yield from self._container(job["AlgorithmSpecification"]["TrainingImage"])
        yield from self.logs("/aws/sagemaker/TrainingJobs", job["TrainingJobName"], may_make_group=True)
        for channel in job["InputDataConfig"]:
            yield from self._input(channel["DataSource"]["S3DataSource"]["S3Uri"], source=ROLES)
        # The framework's toolkit fetches the code itself, by its key, unless it is in a channel.
        code = job["HyperParameters"]["sagemaker_submit_directory"]
        if code.startswith("s3://"):
            source = "sagemaker-training-toolkit, files.download_and_extract"
            yield from all_of("s3:GetObject", self._object(code), source)
        output = job["OutputDataConfig"]
        yield from self._written(f"{output['S3OutputPath']}/{job['TrainingJobName']}/output/model.tar.gz")
        if "KmsKeyId" in output:
            yield from all_of("kms:Encrypt", output["KmsKeyId"], OUTPUT_KEY)
            yield from all_of("kms:GenerateDataKey", output["KmsKeyId"], S3_KEYS)
        if "VolumeKmsKeyId" in job["ResourceConfig"]:
            yield from _volume_key(job["ResourceConfig"]["VolumeKmsKeyId"])
        if "CheckpointConfig" in job:
            yield from self._checkpoints(job["CheckpointConfig"]["S3Uri"])
        if "VpcConfig" in job:
            yield from self._interfaces(job["VpcConfig"])

    def other_dataset(self) -> Iterator[Need]:
        """The datasets that `rubric train --dataset` may also name: other versions in the environment's own bucket."""
        yield from self._input(f"s3://{self._datasets}/datasets/another/texts.csv", source="rubric train --dataset")

    def notebooks(self, request: Request) -> Iterator[Need]:
        """The files that notebooks/training.ipynb's job also reads: its code, which the SDK puts beside its output."""
        code = f"{request.parameters['OutputDataConfig']['S3OutputPath']}/some-job/input/code/train.py"
        yield from all_of("s3:GetObject", self._object(code), "notebooks/training.ipynb")

    def model(self, model: Resource) -> Iterator[Need]:
        """A model's, on any container."""
        container = model.properties["PrimaryContainer"]
        yield from self._container(container["Image"])
        yield from all_of("s3:GetObject", self._object(container["ModelDataUrl"]), ROLES)
        yield from all_of("s3:ListBucket", self._bucket(container["ModelDataUrl"]), ROLES)
        yield from self._decrypt(container["ModelDataUrl"])
        if "VpcConfig" in model.properties:
            yield from self._interfaces(model.properties["VpcConfig"])

    def endpoint(self, endpoint: Resource, config: Resource) -> Iterator[Need]:
        """An endpoint's."""
        yield from self.logs(f"/aws/sagemaker/Endpoints/{endpoint.name}", "AllTraffic/i-0", may_make_group=False)
        components = self._account.resources("AWS::SageMaker::InferenceComponent")
        of_endpoint = [each for each in components if each.stack == endpoint.stack]
        for component in of_endpoint:
            group = f"/aws/sagemaker/InferenceComponents/{component.properties['InferenceComponentName']}"
            yield from self.logs(group, "AllTraffic/i-0", may_make_group=False)
        for alarm in rollback_alarms(of_endpoint[0] if of_endpoint else endpoint):
            [found] = [a for a in self._account.resources("AWS::CloudWatch::Alarm") if a.name == alarm["AlarmName"]]
            yield from all_of("cloudwatch:DescribeAlarms", str(found.arn), GUARDRAILS)
        capture = config.properties.get("DataCaptureConfig")
        if capture:
            yield from self._written(f"{capture['DestinationS3Uri']}/{endpoint.name}/AllTraffic/2026/x.jsonl")
            if "KmsKeyId" in capture:
                yield from all_of("kms:GenerateDataKey", capture["KmsKeyId"], S3_KEYS)
        if "KmsKeyId" in config.properties:
            yield from _volume_key(config.properties["KmsKeyId"])

    def transform(self, request: Request) -> Iterator[Need]:
        """A transform job's, which runs under its model's role."""
        job = request.parameters
        yield from self.logs("/aws/sagemaker/TransformJobs", job["TransformJobName"], may_make_group=True)
        yield from self._input(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"], source=ROLES)
        yield from self._written(f"{job['TransformOutput']['S3OutputPath']}/texts.csv.out")
        if "KmsKeyId" in job["TransformOutput"]:
            yield from all_of("kms:GenerateDataKey", job["TransformOutput"]["KmsKeyId"], S3_KEYS)
        if takes_volume_key(job["TransformResources"]["InstanceType"]) and self._key:
            yield from _volume_key(self._key)

    def logs(self, group: str, stream: str, *, may_make_group: bool) -> Iterator[Need]:
        """Writing to a log group. may_make_group: no stack makes it, so the first job of an account has to."""
        at = f"arn:{self._account.partition}:logs:{self._account.region}:{self._account.account}:log-group:{group}"
        yield from all_of("logs:CreateLogStream PutLogEvents", f"{at}:log-stream:{stream}", ROLES)
        yield from all_of("logs:DescribeLogStreams", f"{at}:*", ROLES)
        if may_make_group:
            # The permission reference writes the group's ARN without `:*`, the CloudWatch Logs guide with it.
            yield from all_of("logs:CreateLogGroup", at, ROLES)
            yield from all_of("logs:CreateLogGroup", f"{at}:*", ROLES)

    def _interfaces(self, config: dict[str, list[str]]) -> Iterator[Need]:
        """Of containers in a VPC."""
        describes = "DescribeDhcpOptions DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs"
        yield from all_of(f"ec2:{describes}", "*", ROLES)
        ec2 = f"arn:{self._account.partition}:ec2:{self._account.region}:{self._account.account}"
        changes = "CreateNetworkInterface CreateNetworkInterfacePermission DeleteNetworkInterface"
        both = f"ec2:{changes} DeleteNetworkInterfacePermission"
        yield from all_of(both, f"{ec2}:network-interface/eni-1", ROLES)
        for subnet in config["Subnets"]:
            yield from all_of("ec2:CreateNetworkInterface", f"{ec2}:subnet/{subnet}", ROLES)
        for group in config["SecurityGroupIds"]:
            yield from all_of("ec2:CreateNetworkInterface", f"{ec2}:security-group/{group}", ROLES)

    def _container(self, image: str) -> Iterator[Need]:
        match = _IMAGE.match(image)
        assert match, image
        account, region, name = match.groups()
        repository = f"arn:{self._account.partition}:ecr:{region}:{account}:repository/{name}"
        yield from all_of("ecr:BatchCheckLayerAvailability GetDownloadUrlForLayer BatchGetImage", repository, ROLES)
        yield from all_of("ecr:GetAuthorizationToken", "*", ROLES)
        yield Need("cloudwatch:PutMetricData", "*", ROLES, {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"})

    def _input(self, uri: str, *, source: str) -> Iterator[Need]:
        yield from all_of("s3:ListBucket", self._bucket(uri), source)
        yield from all_of("s3:GetObject", self._object(uri), source)
        yield from self._decrypt(uri)

    def _written(self, uri: str) -> Iterator[Need]:
        yield from all_of("s3:PutObject", self._object(uri), ROLES)
        yield from all_of("s3:AbortMultipartUpload", self._object(uri), MULTIPART)

    def _checkpoints(self, uri: str) -> Iterator[Need]:
        yield from all_of("s3:ListBucket", self._bucket(uri), CHECKPOINTS)
        checkpoint = self._object(f"{uri}/checkpoint-100/model.safetensors")
        yield from all_of("s3:GetObject PutObject DeleteObject", checkpoint, CHECKPOINTS)
        yield from all_of("s3:AbortMultipartUpload", checkpoint, MULTIPART)

    def _decrypt(self, uri: str) -> Iterator[Need]:
        if self._key and uri.removeprefix("s3://").split("/")[0] in self._ours:
            yield from all_of("kms:Decrypt", self._key, S3_KEYS)

    def _bucket(self, uri: str) -> str:
        return f"arn:{self._account.partition}:s3:::{uri.removeprefix('s3://').split('/')[0]}"

    def _object(self, uri: str) -> str:
        return f"arn:{self._account.partition}:s3:::{uri.removeprefix('s3://')}{'x' if uri.endswith('/') else ''}"


def rollback_alarms(endpoint: Resource) -> list[dict[str, str]]:
    """The alarms that take an endpoint's rollout back: `[{"AlarmName"}]`."""
    deployment = endpoint.properties.get("DeploymentConfig", {})
    alarms: list[dict[str, str]] = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return alarms


def _volume_key(key: str) -> Iterator[Need]:
    yield Need("kms:CreateGrant", key, ROLES, {"kms:GrantIsForAWSResource": "true"})


def image_of(parameters: dict[str, Any]) -> str:
    """The image that a model package names."""
    return str(parameters["InferenceSpecification"]["Containers"][0]["Image"])
