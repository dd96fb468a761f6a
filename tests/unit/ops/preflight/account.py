"""An account with scripted answers. Requests and answers must match botocore's models, patterns included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
import botocore.validate
from botocore.exceptions import ClientError

from local_aws.common import shapes

ACCOUNT = "123456789012"
ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/me"
# One for all tests: each new session reads the services' descriptions again.
SESSION = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b")
Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], dict[str, Any]]

QUOTAS = {
    "sagemaker": {
        "ml.g5.xlarge for training job usage": 1,
        "ml.g5.xlarge for spot training job usage": 1,
        "ml.c7i.large for endpoint usage": 4,
        "ml.c7i.large for transform job usage": 1,
        "Number of instances across active endpoints": 20,
        "Number of instances across all training jobs": 20,
        "Some quota of a thousand others": 0,
    },
    "codebuild": {"Concurrently running builds for Linux/Small environment": 1},
    "lambda": {"Concurrent executions": 1000},
}


def error(code: str, operation: str = "Any", message: str = "") -> ClientError:
    """botocore's exception for an AWS error."""
    return ClientError({"Error": {"Code": code, "Message": message or code}}, operation)


def quota(name: str, value: float, *, service: str = "sagemaker", **more: Any) -> dict[str, Any]:
    """A quota as Service Quotas lists it."""
    code = f"L-{abs(hash(name)) % 16**8:08X}"
    return {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": value, "Adjustable": True, **more}


class Account:
    """`answers` by operation replace those of an account without problems; `asked` records the requests."""

    def __init__(self, **answers: Answer) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.regions: dict[str, str] = {}
        self.quotas = {service: dict(values) for service, values in QUOTAS.items()}
        self.defaults: dict[str, dict[str, float]] = {}
        self.parameters = {"/cdk-bootstrap/hnb659fds/version": "33"}
        self.answers: dict[str, Answer] = {
            "GetCallerIdentity": {"UserId": "AROAEXAMPLEEXAMPLE:me", "Account": ACCOUNT, "Arn": ARN},
            "GetRegionOptStatus": {"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
            "GetParameter": self._parameter,
            "ListServiceQuotas": lambda request: _listed(request, self.quotas),
            "ListAWSDefaultServiceQuotas": lambda request: _listed(request, self.defaults),
            "DescribeEffectivePolicy": error("AWSOrganizationsNotInUseException"),
            "SimulatePrincipalPolicy": _all_allowed,
            "DescribeStacks": error("ValidationError", "DescribeStacks", "Stack with id x does not exist"),
            "BatchGetImage": lambda request: {"images": [{"imageId": request["imageIds"][0]}], "failures": []},
            **answers,
        }

    def client(self, service: str, region: str) -> Any:
        """A client of botocore's that asks this account."""
        made = _client(service, region)
        self.regions[service] = region
        made._make_api_call = lambda operation, request: self._call(service, made, operation, request)
        return made

    def _call(self, service: str, made: Any, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((operation, request))
        shapes.check_request(service, operation, request)
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        value = answer(request) if callable(answer) else answer
        shape = made.meta.service_model.operation_model(operation).output_shape
        report = botocore.validate.ParamValidator().validate(value, shape)
        assert not report.has_errors(), report.generate_report()
        return value

    def _parameter(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["Name"] not in self.parameters:
            raise error("ParameterNotFound", "GetParameter")
        return {"Parameter": {"Name": request["Name"], "Value": self.parameters[request["Name"]]}}


@cache
def _client(service: str, region: str) -> Any:
    return SESSION.client(service, region_name=region)


def _listed(request: dict[str, Any], quotas: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Two on a page, which makes the checks read later pages."""
    service = request["ServiceCode"]
    results = [quota(name, value, service=service) for name, value in quotas.get(service, {}).items()]
    start = int(request.get("NextToken", "0"))
    following = {"NextToken": str(start + 2)} if start + 2 < len(results) else {}
    return {"Quotas": results[start : start + 2], **following}


def _all_allowed(request: dict[str, Any]) -> dict[str, Any]:
    results = [{"EvalActionName": action, "EvalDecision": "allowed"} for action in request["ActionNames"]]
    return {"EvaluationResults": results, "IsTruncated": False}
