"""The drift function's entry point: one look, on a schedule or when an operator asks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contracts.logs import drift_report
from lambda_src.common import environment, times
from lambda_src.drift import log, look, report, store
from lambda_src.drift.environment import DriftSettings
from lambda_src.drift.look import Look

logger = Logger()
metrics = Metrics()

# What is left when no further part is begun: for the part that is being counted, and for the reports.
_RESERVE_MS = 90_000
# With less, a report has neither an estimate of the accuracy nor an explanation; the next look's has.
_EXPLAINING_MS = 45_000


@cache
def _settings() -> DriftSettings:
    return environment.load(DriftSettings)


@cache
def _log() -> log.Log:
    settings = _settings()
    return log.Log(log.make_client(), table=settings.request_log_table, shards=settings.request_log_shards)


@cache
def _store() -> store.Store:
    return store.Store(store.make_client(), bucket=_settings().artifact_bucket)


def _now() -> datetime:
    return datetime.now(UTC)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event in; out, how the look ended: `ended`, `texts`, `until`, `behind_seconds` and `models`, by status."""
    settings = _settings()
    metrics.set_default_dimensions(environment=settings.environment)
    looking = Look(
        _log(),
        _store(),
        promise={"alpha": settings.alpha, "tolerance": settings.tolerance},
        keep_days=settings.request_log_days,
        settle=timedelta(seconds=settings.settle_seconds),
        now=_now,
    )
    result = looking.run(has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS)
    statuses = {} if result.ended == drift_report.OVERTAKEN else _report(looking, result, context)
    if looking.current in statuses:
        found = statuses[looking.current] == drift_report.DRIFT
        metrics.add_metric(name="DriftFound", unit=MetricUnit.Count, value=int(found))
    metrics.add_metric(name="DriftTexts", unit=MetricUnit.Count, value=result.texts)
    metrics.add_metric(name="DriftBehindSeconds", unit=MetricUnit.Seconds, value=result.behind)
    answer = {
        "ended": result.ended,
        "texts": result.texts,
        "until": result.until,
        "behind_seconds": result.behind,
        "models": statuses,
    }
    logger.info("looked for drift", outcome=answer)
    return answer


def _report(looking: Look, result: look.LookResult, context: Any) -> dict[str, str]:
    """Write the reports that are due; the status of each model."""
    statuses = {}
    for version, model in looking.models.items():
        document = report.build(model, written=times.written(_now()), until=result.until, behind=result.behind)
        statuses[version] = document["status"]
        if model.unreported or version == looking.current:
            if context.get_remaining_time_in_millis() > _EXPLAINING_MS:
                document = report.explained(document, model, _log())
            _store().write_report(version, document)
    try:
        looking.reported()
    except store.OvertakenError:
        logger.info("another look has counted meanwhile; it writes the reports anew")
    return statuses
