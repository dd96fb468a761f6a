"""Makes templates concrete: replaces each intrinsic function and reference with AWS's value or a sample."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"
_RANDOM_LENGTH = 12  # characters that CloudFormation appends to a name that it generates
_STACK_ID = "0a1b2c3d-1111-2222-3333-444455556666"
_KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"

# Where a resource's own name is given, by type; every other name is generated.
_NAMES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::IAM::Role": "RoleName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
    "AWS::CodeBuild::Project": "Name",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Events::Rule": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::KMS::Key": None,
    "AWS::ApiGatewayV2::Api": None,
}
# The start of an id that EC2 makes.
_IDS = {
    "AWS::EC2::VPC": "vpc",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::RouteTable": "rtb",
    "AWS::EC2::SecurityGroup": "sg",
    "AWS::EC2::VPCEndpoint": "vpce",
    "AWS::EC2::FlowLog": "fl",
}
# The longest name that each service takes, where CloudFormation cuts a generated one.
_LONGEST = {
    "AWS::Lambda::Function": 64,
    "AWS::IAM::Role": 64,
    "AWS::S3::Bucket": 63,
    "AWS::SageMaker::Model": 63,
    "AWS::SageMaker::EndpointConfig": 63,
    "AWS::SQS::Queue": 80,
    "AWS::StepFunctions::StateMachine": 80,
    "AWS::Events::Rule": 64,
}
# ARNs by type. $P partition, $R region, $A account, $N name.
_ARNS = {
    "AWS::S3::Bucket": "arn:$P:s3:::$N",
    "AWS::DynamoDB::Table": "arn:$P:dynamodb:$R:$A:table/$N",
    "AWS::DynamoDB::GlobalTable": "arn:$P:dynamodb:$R:$A:table/$N",
    "AWS::KMS::Key": "arn:$P:kms:$R:$A:key/$N",
    "AWS::Lambda::Function": "arn:$P:lambda:$R:$A:function:$N",
    "AWS::IAM::Role": "arn:$P:iam::$A:role/$N",
    "AWS::Logs::LogGroup": "arn:$P:logs:$R:$A:log-group:$N:*",
    "AWS::SecretsManager::Secret": "arn:$P:secretsmanager:$R:$A:secret:$N-AbCdEf",
    "AWS::SQS::Queue": "arn:$P:sqs:$R:$A:$N",
    "AWS::SNS::Topic": "arn:$P:sns:$R:$A:$N",
    "AWS::StepFunctions::StateMachine": "arn:$P:states:$R:$A:stateMachine:$N",
    "AWS::CodeBuild::Project": "arn:$P:codebuild:$R:$A:project/$N",
    "AWS::ECR::Repository": "arn:$P:ecr:$R:$A:repository/$N",
    "AWS::Events::Rule": "arn:$P:events:$R:$A:rule/$N",
    "AWS::CloudWatch::Alarm": "arn:$P:cloudwatch:$R:$A:alarm:$N",
    "AWS::SageMaker::Endpoint": "arn:$P:sagemaker:$R:$A:endpoint/$N",
    "AWS::SageMaker::Model": "arn:$P:sagemaker:$R:$A:model/$N",
    "AWS::SageMaker::EndpointConfig": "arn:$P:sagemaker:$R:$A:endpoint-config/$N",
    "AWS::SageMaker::ModelPackageGroup": "arn:$P:sagemaker:$R:$A:model-package-group/$N",
}
# The values of `Ref`, where they are not the resource's name.
_REF_IS_ARN = {
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::ModelPackageGroup",
}
_NAME_ATTRIBUTES = {"QueueName", "TopicName", "ModelName", "EndpointConfigName", "EndpointName"}


class Unresolved(Exception):  # noqa: N818 (read by people who write a new kind of reference)
    """A reference that this module does not know; teach it, rather than guess."""


def partition_of(region: str) -> str:
    """The partition that a region belongs to."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((partition for prefix, partition in prefixes.items() if region.startswith(prefix)), "aws")


@dataclass(frozen=True)
class Resource:
    """A resource with concrete properties. stack: its stack's name; id: its logical id."""

    stack: str
    id: str
    type: str
    properties: dict[str, Any]
    name: str
    arn: str | None


class Account:
    """The stacks of one environment in one region of an account. templates: by stack name."""

    def __init__(self, templates: Mapping[str, dict[str, Any]], *, region: str, account: str | None = None) -> None:
        self.region, self.account = region, account or ACCOUNT
        self.partition = partition_of(region)
        self.templates = templates
        self._exports = {
            self.value(stack, output["Export"]["Name"]): (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def resources(self, *types: str) -> list[Resource]:
        """All resources, or those of some types, with concrete properties."""
        return [
            self.resource(stack, logical_id)
            for stack, template in self.templates.items()
            for logical_id, resource in template["Resources"].items()
            if not types or resource["Type"] in types
        ]

    def only(self, stack: str, kind: str) -> Resource:
        """A stack's only resource of a type."""
        [found] = [each for each in self.resources(kind) if each.stack == stack]
        return found

    def resource(self, stack: str, logical_id: str) -> Resource:
        """One resource."""
        declared = self.templates[stack]["Resources"][logical_id]
        kind = declared["Type"]
        return Resource(
            stack=stack,
            id=logical_id,
            type=kind,
            properties=self.value(stack, declared.get("Properties", {})),
            name=self._name(stack, logical_id),
            arn=self._arn(stack, logical_id) if kind in _ARNS else None,
        )

    def template(self, stack: str) -> dict[str, Any]:
        """A whole template with nothing left to resolve."""
        concrete: dict[str, Any] = self.value(stack, self.templates[stack])
        return concrete

    def stack_id(self, stack: str) -> str:
        """A stack's ARN."""
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.account}:stack/{stack}/{_STACK_ID}"

    def value(self, stack: str, value: Any) -> Any:
        """A value of a stack's template without intrinsic functions; a property of AWS::NoValue is left out."""
        if isinstance(value, list):
            return [self.value(stack, each) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(key, argument)] = value.items()
            if key == "Ref":
                return self._ref(stack, argument)
            if key.startswith("Fn::"):
                return self._function(stack, key, argument)
        return {key: self.value(stack, each) for key, each in value.items() if each != {"Ref": "AWS::NoValue"}}

    def _function(self, stack: str, key: str, argument: Any) -> Any:
        match key:
            case "Fn::GetAtt":
                return self._attribute(stack, *(argument.split(".", 1) if isinstance(argument, str) else argument))
            case "Fn::Join":
                separator, parts = argument
                return str(separator).join(str(part) for part in self.value(stack, parts))
            case "Fn::Sub":
                return self._substituted(stack, argument)
            case "Fn::ImportValue":
                name = self.value(stack, argument)
                if name not in self._exports:
                    raise Unresolved(f"{stack} imports {name}, which no stack exports")
                return self.value(*self._exports[name])
            case "Fn::Select":
                return self.value(stack, argument[1])[int(argument[0])]
            case "Fn::Split":
                return str(self.value(stack, argument[1])).split(argument[0])
            case "Fn::GetAZs":
                return [f"{self.region}{letter}" for letter in "abc"]
            case "Fn::Equals":
                one, other = self.value(stack, argument)
                return one == other
            case "Fn::If":
                condition, then, otherwise = argument
                holds = self.value(stack, self.templates[stack]["Conditions"][condition])
                return self.value(stack, then if holds else otherwise)
        raise Unresolved(f"{stack}: {key}")

    def _substituted(self, stack: str, argument: Any) -> str:
        text, substitutions = (argument, {}) if isinstance(argument, str) else argument

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in substitutions:
                return str(self.value(stack, substitutions[name]))
            found = self._attribute(stack, *name.split(".", 1)) if "." in name else self._ref(stack, name)
            return str(found)

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def _ref(self, stack: str, name: str) -> Any:
        pseudo = {
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com",
            "AWS::StackId": self.stack_id(stack),
        }
        if name in pseudo:
            return pseudo[name]
        parameter = self.templates[stack].get("Parameters", {}).get(name)
        if parameter is not None:
            return self._parameter(parameter)
        kind = self.templates[stack]["Resources"][name]["Type"]
        if kind in _REF_IS_ARN:
            return self._arn(stack, name)
        physical = self._name(stack, name)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{self.region}.{pseudo['AWS::URLSuffix']}/{self.account}/{physical}"
        return physical

    def _parameter(self, parameter: dict[str, Any]) -> Any:
        if parameter["Type"] == "AWS::SSM::Parameter::Value<String>" or "s3://" in parameter.get("AllowedPattern", ""):
            # The approved model, or a challenger: the artifact of some training job in the environment's own bucket.
            [bucket] = [b for b in self.resources("AWS::S3::Bucket") if b.id.startswith("Artifact")]
            return f"s3://{bucket.name}/models/trained-before/output/model.tar.gz"
        if "Default" not in parameter:
            raise Unresolved(f"a parameter without a default: {parameter}")
        return parameter["Default"]

    def _attribute(self, stack: str, logical_id: str, attribute: str) -> Any:
        kind = self.templates[stack]["Resources"][logical_id]["Type"]
        if attribute in ("Arn", "TopicArn"):
            return self._arn(stack, logical_id)
        if attribute in _NAME_ATTRIBUTES:
            return self._name(stack, logical_id)
        if (kind, attribute) == ("AWS::ApiGatewayV2::Api", "ApiEndpoint"):
            return f"https://{self._name(stack, logical_id)}.execute-api.{self.region}.amazonaws.com"
        if (kind, attribute) == ("AWS::Lambda::Version", "Version"):
            return "7"
        if (kind, attribute) == ("AWS::EC2::VPC", "DefaultSecurityGroup"):
            return "sg-0123456789abcdef0"
        if (kind, attribute) == ("AWS::EC2::SecurityGroup", "GroupId"):
            return self._name(stack, logical_id)
        if kind == "Custom::PrivateNetwork":
            return {"S3PrefixList": "pl-63a5400a", "DynamoDBPrefixList": "pl-02cd2c6b"}[attribute]
        raise Unresolved(f"{stack}: attribute {attribute} of {kind}")

    def _arn(self, stack: str, logical_id: str) -> str:
        kind = self.templates[stack]["Resources"][logical_id]["Type"]
        if kind not in _ARNS:
            raise Unresolved(f"{stack}: the ARN of {kind}")
        parts = {"$P": self.partition, "$R": self.region, "$A": self.account, "$N": self._name(stack, logical_id)}
        return re.sub(r"\$[PRAN]", lambda match: parts[match[0]], _ARNS[kind])

    def _name(self, stack: str, logical_id: str) -> str:
        declared = self.templates[stack]["Resources"][logical_id]
        kind = declared["Type"]
        if kind == "AWS::KMS::Key":
            return _KEY_ID
        if kind == "AWS::ApiGatewayV2::Api":
            return "a1b2c3d4e5"
        declared_name = declared.get("Properties", {}).get(_NAMES.get(kind) or "")
        if declared_name is not None:
            return str(self.value(stack, declared_name))
        if kind == "AWS::Lambda::Alias":
            function, alias = (self.value(stack, declared["Properties"][key]) for key in ("FunctionName", "Name"))
            return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{function}:{alias}"
        unique = hashlib.sha256(f"{stack}/{logical_id}".encode()).hexdigest()[:_RANDOM_LENGTH].upper()
        if kind in _IDS:
            return f"{_IDS[kind]}-{hashlib.sha256(f'{stack}/{logical_id}'.encode()).hexdigest()[:17]}"
        name = f"{stack}-{logical_id}"[: _LONGEST.get(kind, 128) - _RANDOM_LENGTH - 1] + f"-{unique}"
        return name.lower() if kind == "AWS::S3::Bucket" else name
