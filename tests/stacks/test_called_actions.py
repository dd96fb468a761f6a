"""A function's role allows exactly the actions that its code calls, on the resources in its variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions import FUNCTIONS, name_of
from tests.stacks import called
from tests.stacks.api.test_classify import ALONE, FALLBACK
from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed

# Lambda's own: every function's log, and the poller's calls for a function that a queue feeds.
BY_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents"}
BY_POLLER = {"redrive": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}}
# The queue for failed events.
BY_DESTINATION = {name: {"sqs:SendMessage"} for name in ("build_image", "first_model")}
# S3 and DynamoDB ask KMS with the caller's permission.
BY_STORES = {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"}
# What S3 asks beside a call: listing, so that an object that is not there is a 404 and not a 403, and the end of an
# upload in parts that failed.
BESIDE_S3 = {"s3:ListBucket", "s3:AbortMultipartUpload"}
EMPTYING = {"s3:DeleteBucket", "s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"}
BEDROCK = frozenset(f"lambda_src.classify.backends.{name}" for name in ("bedrock", "fallback", "approved_labels"))
# Only with a feature store.
READING = frozenset({"lambda_src.classify.features", "lambda_src.common.features.dynamodb"})
# Only with a model that sleeps.
WAKING = frozenset({"lambda_src.classify.wakes"})
DESCRIBES = "sagemaker:DescribeInferenceComponent"
# In a function of a module that it imports for others (lambda_src/common/served_config.py).
UNCALLED = {"check_rollout": {"sagemaker:DescribeEndpointConfig"}}
# Of a model that never sleeps.
ONLY_AWAKE = {"meta": {"sagemaker:InvokeEndpoint"}, "check_rollout": {"sagemaker:DescribeEndpoint"}}
ONLY_ASLEEP = {
    "ab_test": {DESCRIBES},
    "meta": {DESCRIBES},
    "check_rollout": {DESCRIBES, *UNCALLED["check_rollout"]},
    "promote": {
        *(DESCRIBES, "sagemaker:UpdateInferenceComponentRuntimeConfig"),
        *("application-autoscaling:DescribeScalableTargets", "dynamodb:GetItem", "dynamodb:UpdateItem"),
    },
}
SLEEPS = """
serving:
  min_instances: 0
  max_instances: 2
  target_invocations_per_instance: 600
  data_capture_percent: null
  schedule: [{cron: "0 20 ? * MON-FRI *", min_instances: 0, max_instances: 0}]
"""
ENDPOINT = "sagemaker:InvokeEndpoint"


def roles(synthesised: Synthesised) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """(function's name, its properties, its role's permissions) of every function of ours."""
    policies = synthesised.everything("AWS::IAM::Policy")
    for place, function in synthesised.everything("AWS::Lambda::Function").items():
        part, properties = place.split("/")[0], function["Properties"]
        name = name_of(properties["Handler"])
        role = properties["Role"]["Fn::GetAtt"][0]
        statements = [
            statement
            for where, policy in policies.items()
            if where.startswith(f"{part}/") and {"Ref": role} in policy["Properties"]["Roles"]
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]
        yield name, properties, statements


def allowed(synthesised: Synthesised) -> dict[str, set[str]]:
    """Actions that the roles of each function's code may do, without those that are not the code's."""
    found: dict[str, set[str]] = {}
    for name, _, statements in roles(synthesised):
        actions = {action for statement in statements for action in listed(statement["Action"])}
        others = BY_LAMBDA | BY_STORES | BY_POLLER.get(name, set()) | BY_DESTINATION.get(name, set())
        found[name] = found.get(name, set()) | (actions - others)
    return found


ELSEWHERE = ("build_image", "promote", "classify", "features", "private_network")


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ELSEWHERE])
def test_a_role_allows_what_the_code_calls_and_nothing_else(each: Synthesised, name: str) -> None:
    calls, may = called.actions(name) - ONLY_ASLEEP.get(name, set()), allowed(each)[name]
    if name == "cleanup":
        calls -= {"ec2:DescribeNetworkInterfaces"}  # of a private network: tests/stacks/network/test_private_vpc.py
        if not each.resources("data", "Custom::Cleanup"):
            calls -= EMPTYING  # the data must be kept, so no role may empty its buckets
    beside = BESIDE_S3 if any(action.startswith("s3:") for action in calls) else set()
    assert calls <= may <= calls | beside


def test_the_classifier_without_bedrock(each: Synthesised) -> None:
    assert allowed(each)["classify"] == called.actions("classify", without=BEDROCK | READING | WAKING)


def test_the_classifier_with_a_fallback(synthesise: Synthesise) -> None:
    assert allowed(synthesise("dev", change=FALLBACK))["classify"] == called.actions(
        "classify", without=READING | WAKING
    )


def test_the_classifier_with_bedrock_alone(synthesise: Synthesise) -> None:
    backends = {f"lambda_src.classify.backends.{name}" for name in ("fallback", "approved_labels", "split")}
    without = READING | WAKING | frozenset({*backends, "lambda_src.classify.live_tests"})
    calls = called.actions("classify", without=without)
    assert allowed(synthesise("dev", change=ALONE))["classify"] == calls - {ENDPOINT}


def test_functions_of_a_model_that_sleeps(synthesise: Synthesise) -> None:
    may = allowed(synthesise("dev", change=SLEEPS))
    for name in ("ab_test", "meta", "check_rollout"):
        calls = called.actions(name) - UNCALLED.get(name, set()) - ONLY_AWAKE.get(name, set())
        beside = BESIDE_S3 if any(action.startswith("s3:") for action in calls) else set()
        assert calls <= may[name] <= calls | beside, name
    assert may["classify"] == called.actions("classify", without=BEDROCK | READING)
    assert ONLY_ASLEEP["promote"] <= may["promote"]


def test_functions_with_a_feature_store(synthesise: Synthesise) -> None:
    plain = called.actions("classify", without=BEDROCK | READING | WAKING)
    own = allowed(synthesise("dev", change="features: {store: dynamodb}"))
    assert own["classify"] == plain | {"dynamodb:BatchGetItem"}
    assert own["features"] == called.actions("features") - {"secretsmanager:GetSecretValue"} | {"s3:ListBucket"}
    server = "features: {store: mongodb, mongodb: {secret: rubric/features, server: atlas}}"
    asked = allowed(synthesise("dev", change=server))
    assert asked["classify"] == plain | {"lambda:InvokeFunction"}
    assert asked["features"] == {
        *("dynamodb:BatchGetItem", "dynamodb:Query", "s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        "secretsmanager:GetSecretValue",
    }


def test_the_image_builder(prod: Synthesised) -> None:
    assert allowed(prod)["build_image"] == called.actions("build_image")


def test_the_promotion_calls_no_more_than_it_may(each: Synthesised) -> None:
    """CloudFormation updates the endpoint with the caller's permissions, which are not in the code."""
    calls, may = called.actions("promote") - ONLY_ASLEEP["promote"], allowed(each)["promote"]
    serving = each.stacks.data.settings.serving
    unused = set() if serving.canary_min_requests else {"cloudwatch:GetMetricStatistics"}
    unused |= set() if serving.armed_minutes else {"states:StartExecution"}
    assert calls - may == unused
    for_the_update = {action.split(":")[0] for action in may - calls}
    assert for_the_update <= {"sagemaker", "iam", "s3", "ssm", "ecr", "application-autoscaling", "cloudwatch"}


NAMES = re.compile(r"ExportsOutput(?:Ref|FnGetAtt)([A-Za-z]+?)[0-9A-F]{8}")


def names_of(value: Any) -> set[str]:
    """The logical names that a value leads to, or its own text."""
    text = json.dumps(value)
    found = set(NAMES.findall(text)) | set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"([A-Za-z]+?)[0-9A-F]{8}"', text))
    return found or {text.strip('"').removeprefix("/")}


@pytest.mark.parametrize("name", ["authorizer", "classify", "redrive", "meta"])
def test_an_api_function_is_allowed_on_what_it_is_told_of_alone(each: Synthesised, name: str) -> None:
    [(properties, statements)] = [(p, s) for function, p, s in roles(each) if function == name]
    mentioned = {one for value in properties["Environment"]["Variables"].values() for one in names_of(value)}
    code = [s for s in statements if not set(listed(s["Action"])) <= BY_LAMBDA | BY_STORES | BY_POLLER.get(name, set())]
    assert code
    for statement in code:
        for resource in listed(statement["Resource"]):
            text = json.dumps(resource)
            assert any(one in text or names_of(resource) & {one} for one in mentioned if len(one) > 3), (name, resource)


def test_the_reading_of_calls_sees_what_there_is() -> None:
    assert called.actions("authorizer") == {"dynamodb:GetItem", "dynamodb:UpdateItem", "ssm:GetParameter"}
    assert {"s3:ListBucketVersions", "s3:DeleteObjectVersion", "sagemaker:ListModelPackages"} <= called.actions(
        "cleanup"
    )
    assert "bedrock:InvokeModel" in called.actions("classify")
    assert "bedrock:InvokeModel" not in called.actions("classify", without=BEDROCK)
