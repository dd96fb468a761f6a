"""The values that a deployed template has: parameters, references and conditions, as CloudFormation describes them.

What cannot be resolved (an attribute that only the service knows) becomes UNKNOWN, which equals everything, so that no
drift is reported where none is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "\x00"  # within a text, where a part is not known
ABSENT: Any = object()
_SUBSTITUTED = re.compile(r"\$\{(!?)([^}]+)\}")
# Attributes in terms of the physical id ({id}; {last}: after its last slash) and the stack (p: partition, r: region,
# a: account), from the "Return values" of each type in CloudFormation's template reference.
_ATTRIBUTES = {
    ("AWS::S3::Bucket", "Arn"): "arn:{p}:s3:::{id}",
    ("AWS::DynamoDB::GlobalTable", "Arn"): "arn:{p}:dynamodb:{r}:{a}:table/{id}",
    ("AWS::Lambda::Function", "Arn"): "arn:{p}:lambda:{r}:{a}:function:{id}",
    ("AWS::IAM::Role", "Arn"): "arn:{p}:iam::{a}:role/{id}",
    ("AWS::Logs::LogGroup", "Arn"): "arn:{p}:logs:{r}:{a}:log-group:{id}:*",
    ("AWS::SQS::Queue", "Arn"): "arn:{p}:sqs:{r}:{a}:{last}",
    ("AWS::SQS::Queue", "QueueName"): "{last}",
    ("AWS::SNS::Topic", "TopicArn"): "{id}",
    ("AWS::SageMaker::Model", "ModelName"): "{last}",
    ("AWS::SageMaker::EndpointConfig", "EndpointConfigName"): "{last}",
    ("AWS::SageMaker::Endpoint", "EndpointName"): "{last}",
    ("AWS::SageMaker::InferenceComponent", "InferenceComponentName"): "{last}",
    ("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupArn"): "{id}",
    ("AWS::StepFunctions::StateMachine", "Arn"): "{id}",
    ("AWS::Events::Rule", "Arn"): "arn:{p}:events:{r}:{a}:rule/{id}",
    ("AWS::KMS::Key", "Arn"): "arn:{p}:kms:{r}:{a}:key/{id}",
    ("AWS::CodeBuild::Project", "Arn"): "arn:{p}:codebuild:{r}:{a}:project/{id}",
    ("AWS::ECR::Repository", "Arn"): "arn:{p}:ecr:{r}:{a}:repository/{id}",
    ("AWS::CloudWatch::Alarm", "Arn"): "arn:{p}:cloudwatch:{r}:{a}:alarm:{id}",
}
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A stack as CloudFormation describes it. physical: ids by logical id; parameters: resolved values."""

    name: str
    arn: str
    status: str
    template: Mapping[str, Any]
    physical: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that its conditions let exist."""
        listed = self.template.get("Resources") or {}
        return {name: each for name, each in listed.items() if "Condition" not in each or self.holds(each["Condition"])}

    def properties(self, logical_id: str) -> dict[str, Any]:
        """A resource's properties, resolved."""
        resolved: dict[str, Any] = self.resolve(self.resources[logical_id].get("Properties") or {})
        return resolved

    def holds(self, condition: str) -> bool:
        """Whether a condition is true."""
        return self.resolve((self.template.get("Conditions") or {}).get(condition)) is True

    def resolve(self, value: Any) -> Any:
        """A value without intrinsic functions; ABSENT for AWS::NoValue."""
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._function(name, argument)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not ABSENT}

    def _function(self, name: str, argument: Any) -> Any:  # noqa: PLR0912 (a case for each function)
        match name, argument:
            case "Ref", str():
                return self._reference(argument)
            case "Condition", str():
                return self.holds(argument)
            case "Fn::GetAtt", _:
                resource, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                return self._attribute(resource, attribute)
            case "Fn::Join", [separator, parts]:
                resolved = self.resolve(parts)
                return separator.join(map(str, resolved)) if isinstance(resolved, list) else UNKNOWN
            case "Fn::Sub", _:
                return self._substituted(argument)
            case "Fn::ImportValue", _:
                return self.exports.get(str(self.resolve(argument)), UNKNOWN)
            case "Fn::If", [condition, yes, no]:
                return self.resolve(yes if self.holds(condition) else no)
            case "Fn::Equals", [one, other]:
                return self.resolve(one) == self.resolve(other)
            case "Fn::Not", [one]:
                return self.resolve(one) is not True
            case "Fn::And", list():
                return all(self.resolve(each) is True for each in argument)
            case "Fn::Or", list():
                return any(self.resolve(each) is True for each in argument)
            case "Fn::Select", [index, several]:
                resolved = self.resolve(several)
                known = isinstance(resolved, list) and int(index) < len(resolved)
                return resolved[int(index)] if known else UNKNOWN
            case "Fn::Split", [separator, text]:
                resolved = self.resolve(text)
                return UNKNOWN if UNKNOWN in str(resolved) else str(resolved).split(separator)
        return UNKNOWN

    def _reference(self, name: str) -> Any:
        partition, region, account = self._place()
        pseudo = {
            "AWS::NoValue": ABSENT,
            "AWS::StackName": self.name,
            "AWS::StackId": self.arn,
            "AWS::Partition": partition,
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::URLSuffix": _SUFFIXES.get(partition, "amazonaws.com"),
        }
        if name in pseudo:
            return pseudo[name]
        return self.parameters.get(name, self.physical.get(name, UNKNOWN))

    def _attribute(self, resource: str, attribute: str) -> str:
        kind = str((self.template.get("Resources") or {}).get(resource, {}).get("Type", ""))
        form, physical = _ATTRIBUTES.get((kind, attribute)), self.physical.get(resource)
        if form is None or physical is None:
            return UNKNOWN
        partition, region, account = self._place()
        return form.format(id=physical, last=physical.rpartition("/")[2], p=partition, r=region, a=account)

    def _substituted(self, argument: Any) -> str:
        pattern, own = argument if isinstance(argument, list) else (argument, {})

        def one(match: re.Match[str]) -> str:
            literal, name = match[1], match[2]
            if literal:
                return f"${{{name}}}"
            if name in own:
                return str(self.resolve(own[name]))
            resource, dot, attribute = name.partition(".")
            return self._attribute(resource, attribute) if dot else str(self._reference(name))

        return _SUBSTITUTED.sub(one, pattern)

    def _place(self) -> tuple[str, str, str]:
        """Partition, region and account, from the stack's ARN."""
        _, partition, _, region, account, *_ = self.arn.split(":")
        return partition, region, account
