"""What requests and schedules use: the gateway, functions, state machines, log lines, alarms."""

from __future__ import annotations

from typing import Any

from ops.cost import assumptions
from ops.cost.amounts import Amounts, same
from ops.cost.charges import serving
from ops.cost.charges.context import Context, Resource
from ops.cost.lines import Charge
from ops.cost.traffic import HOURS, SECONDS

# Functions that every request to classify passes, by their handlers.
_ON_THE_WAY = {
    "lambda_src.authorizer.handler.handler": assumptions.AUTHORIZER_SECONDS,
    "lambda_src.classify.handler.handler": assumptions.CLASSIFY_SECONDS,
}
# Log groups with a line or two of each such request, by the start of their logical ids.
_LOGGED = ("AuthorizerLogs", "ClassifyLogs", "HttpAccessLogs")
_TRAINING_MACHINE = "PipelineMachine"
_LEAST_PERIOD = 60  # seconds; below, an alarm has high resolution


def api(resource: Resource, context: Context) -> list[Charge]:
    """Requests to the HTTP API, each of up to 512 KB."""
    return [Charge(key="apigateway.http_requests", what="requests", amounts=context.traffic.monthly)]


def function(resource: Resource, context: Context) -> list[Charge]:
    """Requests and time of a function: with each request to the API, by schedules, or by use."""
    gigabytes = float(resource.properties.get("MemorySize", 128)) / 1024
    arm = "arm64" in (resource.properties.get("Architectures") or [])
    duration = "lambda.duration_arm" if arm else "lambda.duration"
    runs = context.runs(resource)
    if seconds := _ON_THE_WAY.get(str(resource.properties.get("Handler"))):
        calls, time = context.traffic.monthly, context.per_request(seconds)
    elif runs:
        calls, time = same(runs), assumptions.SCHEDULED_SECONDS.times(runs)
    else:
        return [Charge(key=duration, what=f"{gigabytes:g} GB while it runs", amounts=None)]
    return [
        Charge(key="lambda.requests", what="calls", amounts=calls),
        Charge(key=duration, what=f"{gigabytes:.3g} GB while it runs", amounts=time.times(gigabytes)),
    ]


def machine(resource: Resource, context: Context) -> list[Charge]:
    """Transitions, and the training jobs of scheduled runs."""
    runs = context.runs(resource)
    counted = assumptions.TRANSITIONS.times(runs) if runs else None
    found = [Charge(key="states.transitions", what="transitions", amounts=counted)]
    if resource.name.startswith(_TRAINING_MACHINE):
        found.append(serving.training(context.settings, runs))
    return found


def log_group(resource: Resource, context: Context) -> list[Charge]:
    """Log lines; each GB is stored for a while too."""
    written: Amounts | None = None
    if resource.part == "Api" and resource.name.startswith(_LOGGED):
        written = context.per_request(assumptions.LOGGED_GB)
    return [Charge(key="cloudwatch.logs_ingested", what="log lines", amounts=written)]


def alarm(resource: Resource, context: Context) -> list[Charge]:
    """Each metric that it watches; one of a shorter period than a minute costs more."""
    metrics: list[dict[str, Any]] = [
        each for each in resource.properties.get("Metrics") or [] if each.get("MetricStat")
    ] or [{}]
    periods = [resource.properties.get("Period", _LEAST_PERIOD)]
    periods += [each["MetricStat"].get("Period", _LEAST_PERIOD) for each in metrics if each]
    quick = any(isinstance(period, int | float) and period < _LEAST_PERIOD for period in periods)
    key = "cloudwatch.alarm_high_resolution" if quick else "cloudwatch.alarm"
    return [Charge(key=key, what="metrics that it watches", amounts=same(float(len(metrics))))]


def dashboard(resource: Resource, context: Context) -> list[Charge]:
    """A month of it."""
    return [Charge(key="cloudwatch.dashboard", what="dashboard", amounts=same(1.0))]


def topic(resource: Resource, context: Context) -> list[Charge]:
    """Messages."""
    return [Charge(key="sns.requests", what="messages", amounts=None)]


def queue(resource: Resource, context: Context) -> list[Charge]:
    """Requests; the pollers of a queue that a function reads are counted with the mapping."""
    return [Charge(key="sqs.requests", what="messages", amounts=None)]


def polled(resource: Resource, context: Context) -> list[Charge]:
    """What Lambda's pollers ask a queue for, with messages or without."""
    asked = assumptions.POLLERS * SECONDS / assumptions.POLL_SECONDS
    return [Charge(key="sqs.requests", what="polls of the queue", amounts=same(asked))]


def endpoint_in_vpc(resource: Resource, context: Context) -> list[Charge]:
    """Hours in each zone of an interface endpoint; a gateway endpoint is free."""
    if resource.properties.get("VpcEndpointType") != "Interface":
        return []
    zones = len(resource.properties.get("SubnetIds") or [])
    return [
        Charge(key="vpc.endpoint", what=f"{zones} zones", amounts=same(HOURS * zones)),
        Charge(key="vpc.endpoint_data", what="data through it", amounts=None),
    ]
