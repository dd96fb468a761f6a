"""The backend that the settings choose: the endpoint, Bedrock, or the endpoint with Bedrock as fallback."""

from __future__ import annotations

from typing import Any

from lambda_src.classify.backends import endpoint
from lambda_src.classify.backends.answer import Backend
from lambda_src.classify.environment import ClassifySettings


def make(settings: ClassifySettings, *, logger: Any) -> Backend:
    """The backend with the clients it needs. Imports only what the settings require."""
    if settings.backend == "bedrock":
        return _bedrock(settings, logger=logger)
    runtime = endpoint.make_client(read_timeout=settings.endpoint_seconds)
    first = endpoint.Endpoint(
        runtime,
        name=settings.endpoint_name,
        component=settings.component_name,
        wakes=_wakes(settings, logger=logger),
        logger=logger,
    )
    if settings.fallback != "bedrock":
        return first
    from lambda_src.classify.backends.fallback import WithFallback

    return WithFallback(first, _bedrock(settings, logger=logger), logger=logger)


def _wakes(settings: ClassifySettings, *, logger: Any) -> endpoint.WakesPort | None:
    if not settings.component_name:
        return None
    from lambda_src.classify import wakes

    return wakes.Wakes(wakes.make_client(), table=settings.request_log_table, logger=logger)


def _bedrock(settings: ClassifySettings, *, logger: Any) -> Backend:
    from lambda_src.classify.backends import bedrock

    seconds, concurrency = settings.bedrock_seconds, settings.bedrock_concurrency
    return bedrock.BedrockModel(
        bedrock.make_client(region=settings.bedrock_region, seconds=seconds, concurrency=concurrency),
        model_id=settings.bedrock_model_id,
        labels=_labels(settings, logger=logger),
        seconds=seconds,
        concurrency=concurrency,
        logger=logger,
    )


def _labels(settings: ClassifySettings, *, logger: Any) -> Any:
    if settings.bedrock_labels:
        return lambda: settings.bedrock_labels
    from lambda_src.classify.backends import approved_labels

    ssm, s3 = approved_labels.make_clients()
    return approved_labels.ApprovedLabels(
        ssm, s3, parameter=settings.approved_model_parameter, bucket=settings.artifact_bucket, logger=logger
    )
