"""The redrive function's entry point: batches of messages from the request log's dead-letter queue."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from lambda_src.common import environment
from lambda_src.common.erased import Erased
from lambda_src.redrive import dal, logic
from lambda_src.redrive.environment import RedriveSettings

logger = Logger()
metrics = Metrics()


@cache
def _settings() -> RedriveSettings:
    return environment.load(RedriveSettings)


@cache
def _table() -> dal.Table:
    return dal.Table(dal.make_client(), name=_settings().request_log_table)


@cache
def _erased() -> Erased:
    return Erased(dal.make_client(), table=_settings().erased_table)


@cache
def _parking() -> dal.Parking:
    return dal.Parking(dal.make_queue_client(), url=_settings().parked_url)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, partial batch response out: SQS delivers the messages named there again."""
    metrics.set_default_dimensions(environment=_settings().environment)
    work = logic.Redrive(table=_table(), known=_erased(), parking=_parking(), logger=logger)
    outcome = work.run(event["Records"])
    metrics.add_metric(name="LogItemsRedriven", unit=MetricUnit.Count, value=outcome.written)
    if outcome.failed:
        metrics.add_metric(name="LogRedriveFailed", unit=MetricUnit.Count, value=len(outcome.failed))
    logger.info(
        "redriven",
        items=outcome.written,
        dropped=outcome.dropped,
        messages_parked=outcome.parked,
        messages_failed=len(outcome.failed),
    )
    return {"batchItemFailures": [{"itemIdentifier": name} for name in outcome.failed]}
