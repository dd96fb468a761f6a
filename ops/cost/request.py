"""What a request to the API costs at most, where no template is at hand: for the warning of a load test."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.prices import price
from ops.cost import assumptions

# GB of memory of the two functions that each request passes (stacks/api); tests/published compares them.
AUTHORIZER_GB, CLASSIFY_GB = 0.5, 1.0


@dataclass(frozen=True, kw_only=True)
class RequestCost:
    """US dollars for one request with one text, of what is known. unknown: the names of the other prices."""

    usd: float
    unknown: tuple[str, ...]


def most(region: str) -> RequestCost:
    """The gateway, two functions, the request log and three log lines, at the high assumptions."""
    functions = assumptions.AUTHORIZER_SECONDS.high * AUTHORIZER_GB + assumptions.CLASSIFY_SECONDS.high * CLASSIFY_GB
    used = {
        "apigateway.http_requests": 1.0,
        "lambda.requests": 2.0,
        "lambda.duration_arm": functions,
        "dynamodb.writes": assumptions.LOG_WRITES.high + assumptions.COUNTED_WRITES.high,
        "cloudwatch.logs_ingested": 3 * assumptions.LOGGED_GB.high,
    }
    found = {key: price.of(key, region=region) for key in used}
    return RequestCost(
        usd=sum(each.usd * used[key] for key, each in found.items() if each),
        unknown=tuple(key for key, each in found.items() if each is None),
    )
