"""The approved model's drift report, as the last look wrote it."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.deployment import buckets
from contracts.logs import drift_report
from contracts.logs.drift_report import Report
from lambda_src.common import aws

# What the contract's Drift has of a report.
_SHOWN = tuple(name for name in Report.__annotations__ if name != "layout")


class ReportUnreadableError(Exception):
    """AWS did not answer, or the object is not a report of this layout; the message says which."""


class Reports:
    """The reports in `bucket`."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def of(self, model_version: str) -> dict[str, Any]:
        """The contract's Drift. Raises ReportUnreadableError."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=buckets.drift_report(model_version))
            report = json.loads(answer["Body"].read())
        except ClientError as error:
            if aws.error_code(error) == "NoSuchKey":
                return none_yet(model_version)
            raise ReportUnreadableError(str(error)) from error
        except (BotoCoreError, ValueError, RecursionError) as error:
            raise ReportUnreadableError(str(error)) from error
        if not isinstance(report, dict) or report.get("layout") != drift_report.LAYOUT:
            raise ReportUnreadableError("it has another layout")
        return {name: report[name] for name in _SHOWN if name in report}


def none_yet(model_version: str) -> dict[str, Any]:
    """Of a model of which there is no report."""
    reason = "No look has counted answers of this model yet."
    return drift_report.none_yet(model_version, status=drift_report.NOT_LOOKED, reason=reason)


def of_foundation_model(model_id: str) -> dict[str, Any]:
    """Of a model that was not trained here."""
    reason = "A foundation model has no reference: it was not judged on texts of this environment."
    return drift_report.none_yet(model_id, status=drift_report.NO_REFERENCE, reason=reason)
