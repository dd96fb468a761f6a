"""Installs the real promote function on a fake cloud."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from lambda_src.common import aws
from lambda_src.pipeline.promote import handler as promote
from tests.unit.interleavings.explorer.engine import Client
from tests.unit.interleavings.fakes.cloud import ALARMS, ENDPOINT, PARAMETER, STACK, Cloud

PROMOTIONS = "/rubric/dev/promotions"


@contextmanager
def installed(cloud: Cloud) -> Iterator[None]:
    """Gives the handler the clients and clock of a cloud."""
    before: tuple[Any, Any] = (aws.client, getattr(promote, "time", None))
    clients = {
        name: Client(name, direct=cloud.make)
        for name in ("ssm", "sagemaker", "cloudformation", "cloudwatch", "stepfunctions", "s3")
    }
    aws.client = lambda service, **_: clients[service]  # type: ignore[assignment]
    promote.time = cloud.clock  # type: ignore[assignment]
    write = promote.metrics.add_metric

    def noted(name: str, unit: Any, value: float, **options: Any) -> None:
        cloud.metrics.append((name, int(value)))
        cloud.alarms.put(name)
        write(name=name, unit=unit, value=value, **options)

    promote.metrics.add_metric = noted  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        promote.metrics.add_metric = write  # type: ignore[method-assign]
        aws.client = before[0]
        promote.time = before[1]


VARIABLES = {
    "ENVIRONMENT": "dev",
    "POWERTOOLS_SERVICE_NAME": "rubric-test",
    "POWERTOOLS_METRICS_NAMESPACE": "Rubric",
    "APPROVED_MODEL_PARAMETER": PARAMETER,
    "SERVING_STACK_NAME": STACK,
    "SERVING_RESOURCE_TYPES": '["AWS::SageMaker::Endpoint"]',
    "APPROVALS_PATH": "/rubric/dev/approvals",
    "PROMOTIONS_PATH": PROMOTIONS,
    "MODEL_PACKAGE_GROUP": "rubric-dev",
    "ARTIFACT_BUCKET": "artifacts",
    "ENDPOINT_NAME": ENDPOINT,
    "VARIANT": "champion",
    "ROLLBACK_ALARMS": json.dumps(ALARMS),
}


@contextmanager
def armed(wanted: bool) -> Iterator[None]:
    """Has the handler keep the alarms of models armed that were not tested."""
    more = {"CANARY_MIN_REQUESTS": "50", "ARMED_MINUTES": "600", "PROMOTION_ARN": "machine"} if wanted else {}
    before = dict(os.environ)
    os.environ |= more
    promote._settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
        promote._settings.cache_clear()


@contextmanager
def configured() -> Iterator[None]:
    """Sets the handler's environment; its log and metrics are discarded."""
    before, level = dict(os.environ), promote.logger.log_level
    os.environ |= VARIABLES
    promote.logger.setLevel("CRITICAL")
    promote._settings.cache_clear()
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        promote._settings.cache_clear()
        promote.logger.setLevel(level)
        os.environ.clear()
        os.environ |= before
