"""The calls of each of our functions, on the resources in its variables or its custom resource's properties.

tests/stacks/test_called_actions.py checks that the actions are those of the code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.functions import name_of
from tests.published.needs.need import Need, all_of
from tests.published.needs.sagemaker import rollback_alarms
from tests.published.synthesised.concrete import Account, Resource

CODE = "the function's own calls"
LOGGING = "Lambda developer guide, monitoring-cloudwatchlogs"
POLLING = "Lambda developer guide, with-sqs (execution role permissions)"
KEPT = "Lambda developer guide, invocation-async-retain-records (execution role permissions)"
ROTATING = "Secrets Manager user guide, rotating-secrets-required-permissions-function"
MISSING_IS_404 = "S3 API reference, HeadObject and GetObject: 404 for an absent object only to who may list"
COPIED = "S3 API reference, GetObject and UploadPartCopy: a version that is named needs GetObjectVersion"
ONCE = "S3 user guide, conditional-writes-enforce"
REPLACED = "S3 user guide, conditional-writes (If-Match)"
MULTIPART = "S3 user guide, mpuoverview (permissions)"
RESOLVED = "CloudFormation user guide, cloudformation-supplied-parameter-types: SSM parameters are read as the caller"
IN_A_VPC = "Lambda developer guide, configuration-vpc (required IAM permissions)"
KEYS = (
    "S3 user guide, UsingKMSEncryption; DynamoDB and SQS developer guides, encryption at rest (permissions on the key)"
)
WAKES = {"dynamodb:LeadingKeys": ["#wake"]}
Variables = dict[str, str]


class Function:
    """One of our functions: its variables, and ARNs from them."""

    def __init__(self, resource: Resource, account: Account) -> None:
        self.resource, self.account = resource, account
        self.name = name_of(resource.properties["Handler"])
        self.variables: Variables = resource.properties["Environment"]["Variables"]

    def arn(self, service: str, rest: str) -> str:
        """`arn:aws:<service>:<region>:<account>:<rest>`."""
        return f"arn:{self.account.partition}:{service}:{self.account.region}:{self.account.account}:{rest}"

    def table(self, variable: str) -> str:
        return self.arn("dynamodb", f"table/{self.variables[variable]}")

    def bucket(self, name: str) -> str:
        return f"arn:{self.account.partition}:s3:::{name}"

    def parameter(self, name: str) -> str:
        return self.arn("ssm", f"parameter/{name.removeprefix('/')}")

    def hears_approvals(self) -> bool:
        """Whether a rule starts promotions when a person approves a model."""
        rules = self.account.resources("AWS::Events::Rule")
        return any(
            rule.properties.get("EventPattern", {}).get("detail-type") == ["SageMaker Model Package State Change"]
            for rule in rules
        )

    def executions(self, machine: str) -> str:
        """The part before the execution's name, for the machine whose name ends like this."""
        [found] = [m for m in self.account.resources("AWS::StepFunctions::StateMachine") if m.name.endswith(machine)]
        return str(found.arn).replace(":stateMachine:", ":execution:")

    def own_stack(self) -> str:
        return self.account.stack_id(self.resource.stack)

    def properties(self) -> dict[str, Any]:
        """Properties of the custom resources that it answers, all together."""
        types = ("Custom::Cleanup", "Custom::StopRunning", "Custom::RolloutCheck")
        found = [r for r in self.account.resources(*types) if r.properties["ServiceToken"] == self.resource.arn]
        return {key: value for resource in found for key, value in resource.properties.items()}


def function(found: Function) -> Iterator[Need]:
    """Needs of one function."""
    logs = found.resource.properties["LoggingConfig"]["LogGroup"]
    yield from all_of("logs:CreateLogStream PutLogEvents", found.arn("logs", f"log-group:{logs}:log-stream:x"), LOGGING)
    yield from _interfaces(found)
    own = [*_OF[found.name](found), *_failures(found)]
    yield from own
    key = found.account.resources("AWS::KMS::Key")
    stores = ("s3:GetObject", "s3:PutObject", "dynamodb:", "sqs:", "secretsmanager:")
    if key and any(need.action.startswith(stores) for need in own):
        yield from all_of("kms:Decrypt GenerateDataKey DescribeKey", str(key[0].arn), KEYS)


def _interfaces(f: Function) -> Iterator[Need]:
    """What Lambda does for a function in a VPC, under the function's role."""
    config = f.resource.properties.get("VpcConfig")
    if config is None:
        return
    yield from all_of("ec2:DescribeNetworkInterfaces DescribeSubnets", "*", IN_A_VPC)
    interface = f.arn("ec2", "network-interface/eni-1")
    changes = "AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface UnassignPrivateIpAddresses"
    yield from all_of(f"ec2:{changes}", interface, IN_A_VPC)
    for subnet in config["SubnetIds"]:
        yield from all_of("ec2:CreateNetworkInterface", f.arn("ec2", f"subnet/{subnet}"), IN_A_VPC)
    for group in config["SecurityGroupIds"]:
        yield from all_of("ec2:CreateNetworkInterface", f.arn("ec2", f"security-group/{group}"), IN_A_VPC)


def _failures(f: Function) -> Iterator[Need]:
    """The place that keeps its failed events."""
    for config in f.account.resources("AWS::Lambda::EventInvokeConfig"):
        if config.properties["FunctionName"] == f.resource.name:
            kept = config.properties["DestinationConfig"]["OnFailure"]["Destination"]
            yield from all_of("sqs:SendMessage", kept, KEPT)


def _approved(f: Function) -> Iterator[Need]:
    yield from all_of("ssm:GetParameter", f.parameter(f.variables["APPROVED_MODEL_PARAMETER"]), CODE)


def _approved_model(f: Function) -> Iterator[Need]:
    yield from _approved(f)
    yield from all_of(
        "s3:GetObject", f"{f.bucket(f.variables['ARTIFACT_BUCKET'])}/models/some-job/evaluation.json", CODE
    )


def _authorizer(f: Function) -> Iterator[Need]:
    if "API_KEYS_TABLE" not in f.variables:  # nothing calls it unless api.auth is keys
        return
    yield from all_of("dynamodb:GetItem", f.table("API_KEYS_TABLE"), CODE)
    yield from all_of("dynamodb:UpdateItem", f.table("USAGE_TABLE"), CODE)
    if "APPROVED_MODEL_PARAMETER" in f.variables:
        yield from _approved(f)


def _classify(f: Function) -> Iterator[Need]:
    if "ENDPOINT_NAME" in f.variables:
        yield from all_of(
            "sagemaker:InvokeEndpoint", f.arn("sagemaker", f"endpoint/{f.variables['ENDPOINT_NAME']}"), CODE
        )
    if "COMPONENT_NAME" in f.variables:
        yield from all_of("dynamodb:UpdateItem", f.table("REQUEST_LOG_TABLE"), CODE, **WAKES)
    if "CHALLENGER_ENDPOINT_NAME" in f.variables:
        challenger = f.arn("sagemaker", f"endpoint/{f.variables['CHALLENGER_ENDPOINT_NAME']}")
        yield from all_of("sagemaker:InvokeEndpoint", challenger, CODE)
        own = {"dynamodb:LeadingKeys": ["#ab"]}
        yield from all_of("dynamodb:GetItem", f.table("REQUEST_LOG_TABLE"), CODE, **own)
    if f.variables.get("FEATURE_STORE") == "dynamodb":
        yield from all_of("dynamodb:BatchGetItem", f.table("FEATURES_ONLINE_TABLE"), CODE)
    if f.variables.get("FEATURE_STORE") == "mongodb":
        yield from all_of(
            "lambda:InvokeFunction", f.arn("lambda", f"function:{f.variables['FEATURES_FUNCTION']}"), CODE
        )
    if "FALLBACK" in f.variables:
        yield from _approved_model(f)
    if "BEDROCK_MODEL_ID" in f.variables:
        yield from _bedrock(f)
    yield from all_of("dynamodb:BatchWriteItem", f.table("REQUEST_LOG_TABLE"), CODE)
    yield from all_of("dynamodb:PutItem DeleteItem", f.table("ANSWERS_TABLE"), CODE)
    queue = f.variables["LOG_DLQ_URL"].rsplit("/", 1)[-1]
    yield from all_of("sqs:SendMessage", f.arn("sqs", queue), CODE)


def _bedrock(f: Function) -> Iterator[Need]:
    """Converse asks bedrock:InvokeModel, through a profile on the profile and on the model in any of its regions."""
    source = "Bedrock user guide, inference-profiles-prereq; API reference, Converse"
    asked, region = f.variables["BEDROCK_MODEL_ID"], f.variables["BEDROCK_REGION"]
    partition, account = f.account.partition, f.account.account
    model = f"foundation-model/{'amazon.nova-micro-v1:0'}"
    if asked.startswith("arn:") or asked.split(".")[0] in ("us", "eu", "apac"):
        profile = (
            asked
            if asked.startswith("arn:")
            else f"arn:{partition}:bedrock:{region}:{account}:inference-profile/{asked}"
        )
        yield from all_of("bedrock:InvokeModel", profile, source)
        condition = {"bedrock:InferenceProfileArn": profile}
        yield Need("bedrock:InvokeModel", f"arn:{partition}:bedrock:{region}::{model}", source, condition)
        return
    yield from all_of("bedrock:InvokeModel", f"arn:{partition}:bedrock:{region}::foundation-model/{asked}", source)


def _build_image(f: Function) -> Iterator[Need]:
    project = f.arn("codebuild", f"project/{f.variables['PROJECT_NAME']}")
    yield from all_of("codebuild:BatchGetBuilds ListBuildsForProject StartBuild StopBuild", project, CODE)
    yield from all_of("ecr:DescribeImages", f.arn("ecr", f"repository/{f.variables['REPOSITORY_NAME']}"), CODE)
    [built] = f.account.resources("AWS::CodeBuild::Project")
    group = built.properties["LogsConfig"]["CloudWatchLogs"]["GroupName"]
    yield from all_of("logs:GetLogEvents", f.arn("logs", f"log-group:{group}:log-stream:x"), CODE)
    yield from _waiting(f)


def _examples(f: Function) -> Iterator[Need]:
    yield from all_of("dynamodb:PutItem", f.table("EXAMPLES_TABLE"), CODE)
    yield from all_of("dynamodb:PutItem", f.table("LEDGER_TABLE"), CODE)
    yield from all_of("dynamodb:BatchGetItem", f.table("ERASED_TABLE"), CODE)
    yield from all_of("dynamodb:PutItem DeleteItem", f.table("ANSWERS_TABLE"), CODE)


def _labelling(f: Function) -> Iterator[Need]:
    table = f.table("REQUEST_LOG_TABLE")
    yield from all_of("dynamodb:GetItem BatchGetItem Query UpdateItem ConditionCheckItem", table, CODE)
    yield from all_of("dynamodb:Query", f"{table}/index/by_day", CODE)
    yield from all_of("dynamodb:PutItem", f.table("LEDGER_TABLE"), CODE)
    yield from all_of("dynamodb:BatchGetItem", f.table("ERASED_TABLE"), CODE)
    bucket = f.bucket(f.variables["ARTIFACT_BUCKET"])
    yield from all_of("s3:GetObject", f"{bucket}/ab/current.json", CODE)
    yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)


def _first_model(f: Function) -> Iterator[Need]:
    yield from _approved(f)
    [resource] = f.account.resources("Custom::FirstModel")
    yield from all_of("states:StartExecution", resource.properties["StateMachineArn"], CODE)
    yield from _waiting(f)


def _waiting(f: Function) -> Iterator[Need]:
    parameter = f.parameter(f.variables["WAITING_PARAMETER"])
    yield from all_of("ssm:GetParameter PutParameter DeleteParameter", parameter, CODE)


def _gate(f: Function) -> Iterator[Need]:
    bucket = f.bucket(f.variables["ARTIFACT_BUCKET"])
    written, kept = f"{bucket}/training/some-job/output/model.tar.gz", f"{bucket}/models/some-job/output/model.tar.gz"
    yield from all_of("s3:GetObject GetObjectVersion", written, COPIED)
    yield from all_of("s3:ListBucketVersions", bucket, CODE)
    yield from all_of("s3:GetObject AbortMultipartUpload", kept, CODE)
    part = {"s3:ObjectCreationOperation": "false"}
    yield from all_of("s3:PutObject", kept, ONCE, **part)
    yield from all_of("s3:PutObject", kept, ONCE, **{"s3:if-none-match": "*"})
    yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)
    if "FEATURE_STORE" in f.variables:
        yield from all_of("s3:GetObject", f"{bucket}/features/summary.json", CODE)
    ours = f.bucket(f.variables["DATASET_BUCKET"])
    yield from all_of("s3:ListBucket", ours, CODE)
    yield from all_of("s3:GetObject", f"{ours}/datasets/versions/v4/manifest.json", CODE)
    once = {"s3:if-none-match": "*"}
    yield from all_of("s3:PutObject", f"{ours}/datasets/versions/v4/manifest.json", ONCE, **once)
    yield from all_of("s3:PutObject DeleteObject", f"{ours}/datasets/rows/digest/rows.csv", CODE)
    yield from all_of("dynamodb:Query", f"{f.table('LEDGER_TABLE')}/index/by_day", CODE)
    yield from all_of("secretsmanager:GetSecretValue", f.variables["ERASURE_KEY_ARN"], CODE)


def _private_network(f: Function) -> Iterator[Need]:
    [resource] = f.account.resources("Custom::PrivateNetwork")
    yield from all_of("ec2:DescribeManagedPrefixLists DescribeSecurityGroups", "*", CODE)
    group = f.arn("ec2", f"security-group/{resource.properties['DefaultGroup']}")
    yield from all_of("ec2:RevokeSecurityGroupEgress RevokeSecurityGroupIngress", group, CODE)


def _prepare_training(f: Function) -> Iterator[Need]:
    yield from _approved(f)
    yield from all_of("dynamodb:Scan", f.table("LEDGER_TABLE"), CODE)
    yield from all_of("secretsmanager:GetSecretValue", f.variables["ERASURE_KEY_ARN"], CODE)
    ours = f.bucket(f.variables["DATASET_BUCKET"])
    yield from all_of("s3:GetObject PutObject", f"{ours}/datasets/hash/file.csv", CODE)
    yield from all_of("s3:AbortMultipartUpload", f"{ours}/datasets/hash/file.csv", MULTIPART)
    yield from all_of("s3:ListBucket", ours, MISSING_IS_404)
    # `rubric train --dataset` may name anything under these.
    models = f.bucket(f.variables["ARTIFACT_BUCKET"])
    yield from all_of("s3:GetObject", f"{models}/models/some-job/output/model.tar.gz", CODE)
    yield from all_of("s3:ListBucket", models, CODE)
    if "WHEELS_LOCK_SHA256" in f.variables:
        yield from all_of("s3:GetObject", f"{models}/mirror/wheels/some-lock/SHA256SUMS", CODE)
    if f.variables["DATASET_ASSET_KEY"]:
        asset = f"{f.bucket(f.variables['DATASET_ASSET_BUCKET'])}/{f.variables['DATASET_ASSET_KEY']}"
        yield from all_of("s3:GetObject", asset, CODE)
    yield from _own_dataset(f)


def _promote(f: Function) -> Iterator[Need]:
    parameter = f.parameter(f.variables["APPROVED_MODEL_PARAMETER"])
    yield from all_of("ssm:GetParameter PutParameter DeleteParameter", parameter, CODE)
    yield from all_of("ssm:GetParameters", parameter, RESOLVED)
    stack = f.arn("cloudformation", f"stack/{f.variables['SERVING_STACK_NAME']}/some-id")
    yield from all_of("cloudformation:DescribeStacks DescribeStackEvents", stack, CODE)
    types = {"cloudformation:ResourceTypes": json.loads(f.variables["SERVING_RESOURCE_TYPES"])}
    yield from all_of("cloudformation:UpdateStack", stack, CODE, **types)
    if f.hears_approvals():
        approval = f.parameter(f"{f.variables['APPROVALS_PATH']}/some-id")
        yield from all_of("ssm:GetParameter PutParameter", approval, CODE)
    turns = f.variables["PROMOTIONS_PATH"]
    yield from all_of("ssm:GetParametersByPath", f.parameter(turns), CODE)
    yield from all_of("ssm:PutParameter DeleteParameter", f.parameter(f"{turns}/000001"), CODE)
    yield from all_of("states:DescribeExecution", f"{f.executions('promotion')}:some-name", CODE)
    yield from _watches_rollouts(f)
    yield from all_of("s3:PutObject", f"{f.bucket(f.variables['ARTIFACT_BUCKET'])}/promotions/000001.json", CODE)
    yield from _describes_component(f)
    if "COMPONENT_NAME" in f.variables:
        component = f.arn("sagemaker", f"inference-component/{f.variables['COMPONENT_NAME']}")
        yield from all_of("sagemaker:UpdateInferenceComponentRuntimeConfig", component, CODE)
        yield from all_of("dynamodb:GetItem UpdateItem", f.table("REQUEST_LOG_TABLE"), CODE, **WAKES)
    if "MAY_CLOSE" in f.variables:
        yield from all_of("application-autoscaling:DescribeScalableTargets", "*", CODE)
    for resource in ("Endpoint", "EndpointConfig", "Model"):
        served = f.account.only(f.variables["SERVING_STACK_NAME"], f"AWS::SageMaker::{resource}")
        yield from all_of(f"sagemaker:Describe{resource}", str(served.arn), CODE)
    [group] = f.account.resources("AWS::SageMaker::ModelPackageGroup")
    package = f.arn("sagemaker", f"model-package/{group.name}/7")
    yield from all_of("sagemaker:DescribeModelPackage ListModelPackages", package, CODE)
    [bucket] = [each for each in f.account.resources("AWS::S3::Bucket") if each.id.startswith("Artifact")]
    yield from all_of("s3:GetObject", f"{f.bucket(str(bucket.name))}/models/some-job/output/model.tar.gz", CODE)
    yield from all_of("s3:ListBucket", f.bucket(str(bucket.name)), MISSING_IS_404)


def _watches_rollouts(f: Function) -> Iterator[Need]:
    for name in json.loads(f.variables.get("ROLLBACK_ALARMS", "[]")):
        yield from all_of("cloudwatch:DescribeAlarms", f.arn("cloudwatch", f"alarm:{name}"), CODE)
    if "CANARY_MIN_REQUESTS" in f.variables:
        yield from all_of("cloudwatch:GetMetricStatistics", "*", CODE)
    if "ARMED_MINUTES" in f.variables:
        yield from all_of("states:StartExecution", f.variables["PROMOTION_ARN"], CODE)


def _check_rollout(f: Function) -> Iterator[Need]:
    values = f.properties()
    [check] = f.account.resources("Custom::RolloutCheck")
    yield from all_of("cloudformation:DescribeStacks", f.account.stack_id(check.stack), CODE)
    if "InferenceComponentName" in values:
        component = f.arn("sagemaker", f"inference-component/{values['InferenceComponentName']}")
        yield from all_of("sagemaker:DescribeInferenceComponent", component, CODE)
        rolled_out = f.account.only(check.stack, "AWS::SageMaker::InferenceComponent")
    else:
        yield from all_of("sagemaker:DescribeEndpoint", f.arn("sagemaker", f"endpoint/{values['EndpointName']}"), CODE)
        rolled_out = f.account.only(check.stack, "AWS::SageMaker::Endpoint")
    watched = [alarm["AlarmName"] for alarm in rollback_alarms(rolled_out)]
    for alarm in f.account.resources("AWS::CloudWatch::Alarm"):
        if alarm.name in watched:
            yield from all_of("cloudwatch:DescribeAlarms", str(alarm.arn), CODE)


def _request_log_api(f: Function) -> Iterator[Need]:
    table = f.table("REQUEST_LOG_TABLE")
    yield from all_of("dynamodb:GetItem BatchGetItem Query UpdateItem", table, CODE)
    yield from all_of("dynamodb:PutItem", f.table("LEDGER_TABLE"), CODE)
    yield from all_of("dynamodb:BatchGetItem", f.table("ERASED_TABLE"), CODE)
    for index in ("by_day", "by_key"):
        yield from all_of("dynamodb:Query", f"{table}/index/{index}", CODE)
    yield from all_of("secretsmanager:GetSecretValue", f.variables["CURSOR_SECRET"], CODE)


def _rotate_key(f: Function) -> Iterator[Need]:
    [schedule] = f.account.resources("AWS::SecretsManager::RotationSchedule")
    calls = "secretsmanager:DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage"
    yield from all_of(calls, str(schedule.properties["SecretId"]), ROTATING)


def _redrive(f: Function) -> Iterator[Need]:
    yield from all_of("dynamodb:UpdateItem", f.table("REQUEST_LOG_TABLE"), CODE)
    yield from all_of("dynamodb:BatchGetItem", f.table("ERASED_TABLE"), CODE)
    yield from all_of("sqs:SendMessage", f.arn("sqs", f.variables["PARKED_URL"].rsplit("/", 1)[-1]), CODE)
    for mapping in f.account.resources("AWS::Lambda::EventSourceMapping"):
        queue = mapping.properties["EventSourceArn"]
        yield from all_of("sqs:ReceiveMessage DeleteMessage GetQueueAttributes", queue, POLLING)


def _describes_component(f: Function) -> Iterator[Need]:
    if "COMPONENT_NAME" in f.variables:
        component = f.arn("sagemaker", f"inference-component/{f.variables['COMPONENT_NAME']}")
        yield from all_of("sagemaker:DescribeInferenceComponent", component, CODE)


def _meta(f: Function) -> Iterator[Need]:
    yield from _approved_model(f)
    if "ENDPOINT_NAME" in f.variables:
        bucket = f.bucket(f.variables["ARTIFACT_BUCKET"])
        yield from all_of("s3:GetObject", f"{bucket}/drift/some-job/report.json", CODE)
        yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)
        if "COMPONENT_NAME" in f.variables:
            yield from _describes_component(f)
        else:
            yield from all_of(
                "sagemaker:InvokeEndpoint", f.arn("sagemaker", f"endpoint/{f.variables['ENDPOINT_NAME']}"), CODE
            )


def _ab_test(f: Function) -> Iterator[Need]:
    table, bucket = f.table("REQUEST_LOG_TABLE"), f.bucket(f.variables["ARTIFACT_BUCKET"])
    yield from all_of("dynamodb:BatchGetItem Query", table, CODE)
    yield from all_of("dynamodb:Query", f"{table}/index/by_day", CODE)
    yield from all_of("dynamodb:DeleteItem PutItem", table, CODE, **{"dynamodb:LeadingKeys": ["#ab"]})
    yield from all_of("s3:GetObject PutObject", f"{bucket}/ab/current.json", REPLACED)
    yield from all_of("s3:GetObject PutObject", f"{bucket}/ab/some-test/record.json", CODE)
    for passing in ("ab/some-test/seen/1.json", "batch/staging/ab/some-test/in/texts.jsonl"):
        yield from all_of("s3:GetObject PutObject DeleteObject", f"{bucket}/{passing}", CODE)
    yield from all_of("s3:GetObject", f"{bucket}/models/some-job/evaluation.json", CODE)
    yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)
    datasets = f.bucket(f.variables["DATASET_BUCKET"])
    for learnt in ("versions/v3/manifest.json", "rows/digest/rows.csv"):
        yield from all_of("s3:GetObject", f"{datasets}/datasets/{learnt}", CODE)
    yield from all_of("s3:ListBucket", datasets, MISSING_IS_404)
    yield from _challenger(f)


def _challenger(f: Function) -> Iterator[Need]:
    """Both models' answers, the challenger's stack, and the promotion of the one that won."""
    yield from all_of("ssm:GetParameter", f.parameter(f.variables["APPROVED_MODEL_PARAMETER"]), CODE)
    yield from all_of("states:StartExecution", f.variables["PROMOTION_ARN"], CODE)
    package = f.arn("sagemaker", f"model-package/{f.variables['MODEL_PACKAGE_GROUP']}/7")
    yield from all_of("sagemaker:DescribeModelPackage ListModelPackages UpdateModelPackage", package, CODE)
    job = f.arn("sagemaker", f"transform-job/{f.variables['JOB_PREFIX']}20261129-093000-1a2b")
    yield from all_of("sagemaker:CreateTransformJob DescribeTransformJob StopTransformJob", job, CODE)
    yield from _describes_component(f)
    for name in ("ENDPOINT_NAME", "CHALLENGER_ENDPOINT_NAME"):
        endpoint = f.arn("sagemaker", f"endpoint/{f.variables[name]}")
        yield from all_of("sagemaker:DescribeEndpoint InvokeEndpoint", endpoint, CODE)
    yield from all_of("sagemaker:DescribeEndpointConfig", f.arn("sagemaker", "endpoint-config/x"), CODE)
    yield from all_of("sagemaker:DescribeModel", f.arn("sagemaker", "model/x"), CODE)
    stack = f.arn("cloudformation", f"stack/{f.variables['CHALLENGER_STACK_NAME']}/some-id")
    yield from all_of("cloudformation:DescribeStacks DescribeStackEvents DescribeStackResources", stack, CODE)
    types = {"cloudformation:ResourceTypes": json.loads(f.variables["CHALLENGER_RESOURCE_TYPES"])}
    yield from all_of("cloudformation:UpdateStack", stack, CODE, **types)


def _drift(f: Function) -> Iterator[Need]:
    table, bucket = f.table("REQUEST_LOG_TABLE"), f.bucket(f.variables["ARTIFACT_BUCKET"])
    yield from all_of("dynamodb:BatchGetItem Query", table, CODE)
    yield from all_of("dynamodb:Query", f"{table}/index/by_day", CODE)
    yield from all_of("s3:GetObject", f"{bucket}/models/some-job/baseline.json", CODE)
    yield from all_of("s3:GetObject PutObject", f"{bucket}/drift/state.json", REPLACED)
    yield from all_of("s3:PutObject", f"{bucket}/drift/some-job/report.json", CODE)
    yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)


def _features(f: Function) -> Iterator[Need]:
    log, ledger, bucket = (
        f.table("REQUEST_LOG_TABLE"),
        f.table("LEDGER_TABLE"),
        f.bucket(f.variables["ARTIFACT_BUCKET"]),
    )
    yield from all_of("dynamodb:BatchGetItem Query", log, CODE)
    yield from all_of("dynamodb:Query", f"{log}/index/by_day", CODE)
    yield from all_of("dynamodb:Query", ledger, CODE)
    yield from all_of("dynamodb:Query", f"{ledger}/index/by_day", CODE)
    yield from all_of("s3:GetObject PutObject", f"{bucket}/features/state.json", REPLACED)
    yield from all_of("s3:PutObject", f"{bucket}/features/summary.json", CODE)
    yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)
    if f.variables["FEATURE_STORE"] == "dynamodb":
        yield from all_of("dynamodb:BatchGetItem DeleteItem UpdateItem", f.table("FEATURES_ONLINE_TABLE"), CODE)
        history = f.table("FEATURES_HISTORY_TABLE")
        yield from all_of("dynamodb:BatchWriteItem GetItem PutItem Query", history, CODE)
    else:
        name = f.variables["MONGODB_SECRET"]
        secret = name if name.startswith("arn:") else f.arn("secretsmanager", f"secret:{name}-AbCdEf")
        yield from all_of("secretsmanager:GetSecretValue", secret, CODE)


def _retrain(f: Function) -> Iterator[Need]:
    yield from _approved_model(f)
    log, ledger = f.table("REQUEST_LOG_TABLE"), f.table("LEDGER_TABLE")
    yield from all_of("dynamodb:BatchGetItem Query", log, CODE)
    yield from all_of("dynamodb:Query", ledger, CODE)
    yield from all_of("dynamodb:Query", f"{ledger}/index/by_day", CODE)
    bucket, ours = f.bucket(f.variables["ARTIFACT_BUCKET"]), f.bucket(f.variables["DATASET_BUCKET"])
    yield from all_of("s3:GetObject", f"{bucket}/drift/some-job/report.json", CODE)
    yield from all_of("s3:GetObject", f"{bucket}/ab/current.json", CODE)
    yield from all_of("s3:GetObject PutObject", f"{bucket}/retraining/decisions/some-time.json", ONCE)
    yield from all_of("s3:GetObject PutObject", f"{bucket}/retraining/runs.json", REPLACED)
    yield from all_of("s3:ListBucket", bucket, MISSING_IS_404)
    yield from all_of("s3:GetObject", f"{ours}/datasets/rows/digest/rows.csv", CODE)
    yield from all_of("s3:ListBucket", ours, CODE)
    if "LABELS_URI" in f.variables:
        yield from all_of("s3:GetObject", f.bucket(f.variables["LABELS_URI"].removeprefix("s3://")), CODE)
    [prepare] = [Function(r, f.account) for r in f.account.resources("AWS::Lambda::Function") if _prepares(r)]
    yield from _own_dataset(prepare)  # what the model learnt from, if not from a version
    yield from all_of("sagemaker:DescribeTrainingJob", f.arn("sagemaker", f"training-job/{_job_of(f)}"), CODE)
    yield from all_of("states:ListExecutions", f.variables["PIPELINE_ARN"], CODE)
    for machine in ("training", "retraining"):
        yield from all_of("states:DescribeExecution", f"{f.executions(f'-{machine}')}:some-name", CODE)


def _prepares(resource: Resource) -> bool:
    return name_of(resource.properties["Handler"]) == "prepare_training"


def _own_dataset(f: Function) -> Iterator[Need]:
    """The dataset in a bucket of the user's, as the function that prepares trainings has it."""
    if f.variables["DATASET_SOURCE"] == "s3":
        bucket, _, key = f.variables["DATASET_URI"].removeprefix("s3://").partition("/")
        yield from all_of("s3:ListBucket", f.bucket(bucket), CODE)
        yield from all_of("s3:GetObject", f"{f.bucket(bucket)}/{key}", CODE)


def _job_of(f: Function) -> str:
    return f"{f.variables['POWERTOOLS_SERVICE_NAME']}-20261129-093000-1a2b"


def _cleanup(f: Function) -> Iterator[Need]:
    properties = f.properties()
    yield from all_of("cloudformation:DescribeStacks", f.own_stack(), CODE)
    for name in properties.get("Buckets", []):
        yield from all_of("s3:ListBucketVersions DeleteBucket", f.bucket(name), CODE)
        yield from all_of("s3:DeleteObject DeleteObjectVersion", f"{f.bucket(name)}/some/key", CODE)
    for name in properties.get("Parameters", []):
        yield from all_of("ssm:DeleteParameter", f.parameter(name), CODE)
    for path in properties.get("ParameterPaths", []):
        yield from all_of("ssm:GetParametersByPath", f.parameter(path), CODE)
        yield from all_of("ssm:DeleteParameter", f.parameter(f"{path}/some-id"), CODE)
    if "ModelPackageGroup" in properties:
        package = f.arn("sagemaker", f"model-package/{properties['ModelPackageGroup']}/7")
        yield from all_of("sagemaker:DeleteModelPackage ListModelPackages", package, CODE)
    yield from _jobs(f, properties)
    if "Vpc" in properties:
        yield from all_of("ec2:DescribeNetworkInterfaces", "*", CODE)
    for machine in properties.get("StateMachines", []):
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:some-name"
        yield from all_of("states:ListExecutions", machine, CODE)
        yield from all_of("states:StopExecution", execution, CODE)


def _jobs(f: Function, properties: dict[str, Any]) -> Iterator[Need]:
    kinds = {"TrainingJobPrefix": ("training", "TrainingJobs"), "TransformJobPrefix": ("transform", "TransformJobs")}
    for key, (kind, group) in kinds.items():
        if key in properties:
            job = f.arn("sagemaker", f"{kind}-job/{properties[key]}20261129-093000-1a2b")
            yield from all_of(f"sagemaker:Stop{kind.capitalize()}Job", job, CODE)
            yield from all_of(f"sagemaker:List{kind.capitalize()}Jobs", "*", CODE)
            logs = f.arn("logs", f"log-group:/aws/sagemaker/{group}")
            yield from all_of("logs:DescribeLogStreams", f"{logs}:*", CODE)
            yield from all_of("logs:DeleteLogStream", f"{logs}:log-stream:{properties[key]}x", CODE)
    if "TrainingJobPrefix" in properties:
        job = f.arn("sagemaker", f"training-job/{properties['TrainingJobPrefix']}x")
        yield from all_of("sagemaker:DescribeTrainingJob DeleteTrainingJob", job, CODE)


_OF: dict[str, Callable[[Function], Iterator[Need]]] = {
    "ab_test": _ab_test,
    "authorizer": _authorizer,
    "build_image": _build_image,
    "check_rollout": _check_rollout,
    "classify": _classify,
    "cleanup": _cleanup,
    "drift": _drift,
    "examples": _examples,
    "features": _features,
    "first_model": _first_model,
    "gate": _gate,
    "labelling": _labelling,
    "prepare_training": _prepare_training,
    "private_network": _private_network,
    "promote": _promote,
    "request_log_api": _request_log_api,
    "redrive": _redrive,
    "retrain": _retrain,
    "rotate_key": _rotate_key,
    "meta": _meta,
}
