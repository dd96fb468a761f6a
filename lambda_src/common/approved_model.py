"""The approved-model parameter: the one place that says which model is served."""

from __future__ import annotations

from typing import Any

from lambda_src.common.aws import error_code


def read(ssm: Any, *, parameter: str) -> str:
    """The S3 URI of the approved model's artifact, or "" when no model has been approved yet."""
    try:
        return str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    except ssm.exceptions.ClientError as error:
        if error_code(error) == "ParameterNotFound":
            return ""
        raise
