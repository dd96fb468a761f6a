"""The features function's entry point: a computation on a schedule, or what another asks of the store."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contracts.features import asked, registry
from contracts.features.registry import Registry
from lambda_src.common import aws, environment, one_object
from lambda_src.common.features.store import FeatureStore, StoreDeniedError, StoreError
from lambda_src.features import sources, stores, summary
from lambda_src.features.computing import Computing
from lambda_src.features.environment import FeaturesSettings
from lambda_src.features.state import States

logger = Logger()
metrics = Metrics()

# What is left when no further part is begun.
_RESERVE_MS = 60_000


@cache
def _settings() -> FeaturesSettings:
    return environment.load(FeaturesSettings)


@cache
def _registry() -> Registry:
    return registry.loads(_settings().features_registry)


@cache
def _store() -> FeatureStore:
    return stores.make(_settings(), registry=_registry())


@cache
def _states() -> States:
    return States(aws.client("s3"), bucket=_settings().artifact_bucket)


def _now() -> datetime:
    return datetime.now(UTC)


def _compute(context: Any) -> dict[str, Any]:
    """Count what is new and write the features of whom it is about. Raises what the store raises, after counting it."""
    settings, client = _settings(), sources.make_client()
    computing = Computing(
        log=sources.Log(client, table=settings.request_log_table, shards=settings.request_log_shards, logger=logger),
        ledger=sources.Ledger(client, table=settings.ledger_table),
        states=_states(),
        store=_store(),
        registry=_registry(),
        now=_now,
        has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    try:
        done = computing.run()
    except StoreError:
        metrics.add_metric(name="FeaturesFailed", unit=MetricUnit.Count, value=1)
        metrics.flush_metrics()
        raise
    except one_object.ChangedError:
        logger.info("another run has counted meanwhile")
        return {"ended": "overtaken"}
    _states().write_summary(summary.document(computing.state, until=done.until))
    behind = (_now() - datetime.fromisoformat(done.until)).total_seconds()
    metrics.add_metric(name="FeaturesWritten", unit=MetricUnit.Count, value=done.events)
    metrics.add_metric(name="FeaturesBehindSeconds", unit=MetricUnit.Seconds, value=behind)
    metrics.add_metric(name="FeaturesLeftOut", unit=MetricUnit.Count, value=done.left_out)
    metrics.flush_metrics()
    answer = {"ended": "done" if done.done else "time", **asdict(done)}
    logger.info("computed features", outcome=answer)
    return answer


def _forget(ids: dict[str, list[str]]) -> dict[str, Any]:
    """Delete all that is known of these ids, by entity: in the store, and of what was counted."""
    deleted = sum(_store().delete(entity, found) for entity, found in ids.items())
    _states().forget(ids)
    return {"deleted": deleted}


def _as_of(rows: list[list[str]], *, as_known: bool) -> dict[str, Any]:
    """What was known of each row's entity at its time."""
    if len(rows) > asked.MOST_ROWS:
        raise ValueError(f"{len(rows)} rows were asked at once; ask for {asked.MOST_ROWS} at most")
    values = _store().read_as_of([(entity, one, time) for entity, one, time in rows], as_known=as_known)
    return {"values": values, "names": {entity: list(_registry().of(entity)) for entity in {row[0] for row in rows}}}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What contracts.features.asked says; any other event computes."""
    metrics.set_default_dimensions(environment=_settings().environment)
    try:
        return _answer(event, context)
    except StoreDeniedError:
        # The secret may have another password by now: the next call reads it again.
        _store.cache_clear()
        raise


def _answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    action = event.get("action", asked.COMPUTE)
    if action == asked.READ:
        return {"features": _store().read_all(event["ids"])}
    if action == asked.AS_OF:
        return _as_of(event["rows"], as_known=event["as_known"])
    if action == asked.FORGET:
        return _forget(event["ids"])
    if action != asked.COMPUTE:
        raise ValueError(f"action is {action!r}; use one of: {', '.join(asked.ACTIONS)}")
    return _compute(context)
