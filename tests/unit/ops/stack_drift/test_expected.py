"""A deployed template's values: references, attributes, parameters, imports and conditions."""

from typing import Any

import pytest

from ops.stack_drift.expected import ABSENT, UNKNOWN, DeployedStack

TEMPLATE = {
    "Conditions": {
        "Serves": {"Fn::Equals": [{"Ref": "Serve"}, "yes"]},
        "Both": {"Fn::And": [{"Condition": "Serves"}, {"Fn::Not": [{"Condition": "Off"}]}]},
        "Off": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": [{"Ref": "Serve"}, "no"]}]},
    },
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role"},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig"},
        "Api": {"Type": "AWS::ApiGatewayV2::Api"},
        "Sometimes": {"Type": "AWS::SageMaker::Endpoint", "Condition": "Off"},
    },
}
STACK = DeployedStack(
    name="S",
    arn="arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/S/1",
    status="UPDATE_COMPLETE",
    template=TEMPLATE,
    physical={
        "Role": "the-role",
        "Queue": "https://sqs/111122223333/the-queue",
        "Config": "arn:aws-cn:sagemaker:cn-north-1:111122223333:endpoint-config/the-config",
        "Api": "a1",
    },
    parameters={"Serve": "yes", "Model": "s3://b/model"},
    exports={"P:Name": "imported"},
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Role"}, "the-role"),
        ({"Ref": "Model"}, "s3://b/model"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws-cn:iam::111122223333:role/the-role"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:aws-cn:sqs:cn-north-1:111122223333:the-queue"),
        ({"Fn::GetAtt": ["Config", "EndpointConfigName"]}, "the-config"),
        ({"Fn::GetAtt": ["Api", "ApiEndpoint"]}, UNKNOWN),
        ({"Fn::ImportValue": "P:Name"}, "imported"),
        ({"Fn::ImportValue": "P:Other"}, UNKNOWN),
        ({"Fn::Join": ["/", ["a", {"Ref": "AWS::AccountId"}]]}, "a/111122223333"),
        ({"Fn::Sub": "${AWS::Region}.${AWS::URLSuffix}/${!Raw}"}, "cn-north-1.amazonaws.com.cn/${Raw}"),
        ({"Fn::Sub": "${Role.Arn}"}, "arn:aws-cn:iam::111122223333:role/the-role"),
        ({"Fn::Sub": ["${X}", {"X": {"Ref": "Role"}}]}, "the-role"),
        ({"Fn::If": ["Both", 1, 2]}, 1),
        ({"Fn::If": ["Off", 1, {"Ref": "AWS::NoValue"}]}, ABSENT),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b"]}]}, "b"),
        ({"A": {"Ref": "AWS::NoValue"}, "B": [{"Ref": "AWS::NoValue"}, 1]}, {"B": [1]}),
        ({"Fn::GetAZs": ""}, UNKNOWN),
    ],
)  # fmt: skip
def test_resolved(value: Any, expected: Any) -> None:
    assert STACK.resolve(value) == expected


def test_a_resource_whose_condition_is_false_is_not_there() -> None:
    assert "Sometimes" not in STACK.resources and "Role" in STACK.resources
