"""Makes each boto3 client of a test process refuse what AWS's models forbid: values, patterns, lengths, ranges.

botocore looks at members and types alone; the rest would be AWS's to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ParamValidationError
from botocore.model import Shape
from botocore.validate import ParamValidator, ValidationErrors

from tests.dynamodb_limits import limits_of_dynamodb
from tests.published.aws.models import strict


@contextmanager
def strict_requests() -> Iterator[None]:
    """Clients raise ParamValidationError, as they do for a member that there is not."""
    loosely = ParamValidator.validate

    def strictly(self: ParamValidator, params: Mapping[str, Any], shape: Shape) -> ValidationErrors:
        report: ValidationErrors = loosely(self, params, shape)
        faults = [] if report.has_errors() else list(strict(shape, params, at=shape.name))
        if faults:
            raise ParamValidationError(report="; ".join(faults))
        return report

    with mock.patch.object(ParamValidator, "validate", strictly):
        yield


@pytest.fixture(autouse=True, scope="package")
def requests_that_aws_takes() -> Iterator[None]:
    """For a conftest, for the length of its package: checks requests to any server against AWS's models and limits."""
    with strict_requests(), limits_of_dynamodb():
        yield
