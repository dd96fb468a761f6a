"""AWS/ApiGateway metrics of HTTP APIs, with the dimensions that AWS uses."""

from collections.abc import Mapping
from typing import Any

from local_aws.patches.cloudwatch import metrics
from local_aws.patches.http_api.request import Request
from local_aws.patches.http_api.throttle import setting

_NAMESPACE = "AWS/ApiGateway"


def publish(stage: Mapping[str, Any], request: Request, *, status: int, processed: int, milliseconds: int) -> None:
    """Publish one request's Count, 4xx, 5xx, Latency, IntegrationLatency (ms) and DataProcessed (bytes)."""
    for dimensions in dimension_sets(stage, request):
        metrics.record(_NAMESPACE, "Count", 1, "Count", dimensions)
        metrics.record(_NAMESPACE, "4xx", int(400 <= status < 500), "Count", dimensions)
        metrics.record(_NAMESPACE, "5xx", int(status >= 500), "Count", dimensions)
        metrics.record(_NAMESPACE, "Latency", milliseconds, "Milliseconds", dimensions)
        metrics.record(_NAMESPACE, "DataProcessed", processed, "Bytes", dimensions)
        if request.integration_latency is not None:
            latency = round(request.integration_latency)
            metrics.record(_NAMESPACE, "IntegrationLatency", latency, "Milliseconds", dimensions)


def dimension_sets(stage: Mapping[str, Any], request: Request) -> list[dict[str, str]]:
    """Return ApiId, ApiId + Stage, and with detailed metrics also the route's method and resource."""
    by_stage = {"ApiId": request.api_id, "Stage": request.stage}
    sets = [{"ApiId": request.api_id}, by_stage]
    detailed = setting(stage.get("defaultRouteSettings"), "detailedMetricsEnabled")
    if str(detailed).lower() == "true" and request.route_key:
        method, _, resource = request.route_key.rpartition(" ")
        sets.append({**by_stage, "Method": method or request.method, "Resource": resource})
    return sets
