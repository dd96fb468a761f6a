"""Whether SageMaker may assume the role of a job."""

import json
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from local_aws.server.sagemaker.clients import client
from local_aws.server.sagemaker.errors import validation

_SERVICE = "sagemaker.amazonaws.com"


def check(arn: str) -> None:
    """Raises ValidationException where there is no such role, or it does not trust SageMaker."""
    try:
        found = client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        raise _refused(arn, "there is no such role") from None
    if found["Arn"] != arn:
        raise _refused(arn, "there is no such role")
    policy = found["AssumeRolePolicyDocument"]
    document = json.loads(unquote(policy)) if isinstance(policy, str) else policy
    if not any(map(_trusts, _listed(document.get("Statement", [])))):
        raise _refused(arn, f"its trust policy does not allow {_SERVICE} sts:AssumeRole")


def _trusts(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = _listed(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    return (
        statement.get("Effect") == "Allow"
        and bool({_SERVICE, "*"} & set(services))
        and bool({"sts:AssumeRole", "sts:*", "*"} & set(_listed(statement.get("Action", []))))
    )


def _refused(arn: str, why: str) -> Exception:
    return validation(f"Provided role ARN {arn} cannot be assumed: {why}.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
