"""The quotas that an environment needs, by their names in Service Quotas.

Names: "Amazon SageMaker AI endpoints and quotas" in the AWS General Reference, and the same pages of CodeBuild,
DynamoDB, Lambda and VPC. The quota codes come from Service Quotas' answers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from environments.aws.instance_regions import Use
from environments.reached import endpoints
from environments.settings import Settings

Service = Literal["sagemaker", "codebuild", "dynamodb", "lambda", "vpc"]

# `rubric batch` uses it if the endpoint has no instances (ops/batch/transform.py).
SERVERLESS_BATCH = "ml.c7i.xlarge"
BUILDS = "Concurrently running builds for Linux/Small environment"


@dataclass(frozen=True, kw_only=True)
class Need:
    """A quota, and the required value.

    least: below this, part of a deploy is refused. wanted: below this, something later is refused. instance_type, use:
    for a quota of one instance type; any other quota is `unknown` if the account has none of that name. pattern: for
    names on which AWS's documents disagree.
    """

    service: Service
    name: str
    why: str
    least: int
    wanted: int
    instance_type: str = ""
    use: Use | None = None
    pattern: str = ""

    def is_named(self, quota: str) -> bool:
        """Whether a quota's name matches."""
        name = " ".join(quota.split()).lower()
        return bool(re.fullmatch(self.pattern, name)) if self.pattern else name == self.name.lower()


def needs(settings: Settings, *, approved: bool) -> list[Need]:
    """The quotas of an environment. approved: a model is approved, so a deploy does not train."""
    if not settings.classifier.trained:
        return [*_log(settings), _functions(settings), *_endpoints(settings)]
    return [
        *_training(settings, approved=approved),
        *_serving(settings),
        _batch(settings),
        *_build(settings),
        *_log(settings),
        _functions(settings),
        *_endpoints(settings),
    ]


def _endpoints(settings: Settings) -> list[Need]:
    """VPC guide, "amazon-vpc-limits" (VPC endpoints)."""
    if not settings.network.makes_endpoints:
        return []
    count = sum(1 for each in endpoints(settings) if not each.gateway)
    name = "Interface VPC endpoints per VPC"
    why = "what functions call from inside the VPC"
    return [Need(service="vpc", name=name, why=why, least=count, wanted=count)]


def _training(settings: Settings, *, approved: bool) -> list[Need]:
    training = settings.training
    kind = "spot training" if training.spot else "training"
    count = training.instance_count
    least = 0 if approved else count
    why = "a training job" if approved else "the first model's training job"
    own, name = training.instance_type, f"{training.instance_type} for {kind} job usage"
    total = f"Number of instances across all {kind} jobs"
    return [
        Need(service="sagemaker", name=name, why=why, least=least, wanted=count, instance_type=own, use="training"),
        Need(service="sagemaker", name=total, why=why, least=least, wanted=count),
    ]


def _serving(settings: Settings) -> list[Need]:
    serving = settings.serving
    tests = settings.ab_tests
    if serving.mode == "serverless":
        return [_serverless(serving.serverless_max_concurrency or 0, tested=tests.enabled)]
    if serving.sleeps:
        # Each copy may have an instance of its own (ManagedInstanceScaling in stacks/serving/served_model.py).
        least, wanted = 1, serving.most_instances + 1
        why = "a model that sleeps begins with a copy, and a rollout adds one"
    else:
        # "SageMaker creates a new fleet during the deployment while maintaining the old fleet" (BlueGreenUpdatePolicy).
        least, wanted = 2 * (serving.min_instances or 0), 2 * serving.most_instances
        why = "a rollout runs the old and the new fleet together"
    if tests.enabled and not serving.sleeps:
        wanted += tests.challenger_instances
        why += ", and a live A/B test a challenger"
    own = serving.instance_type or ""
    name, total = f"{own} for endpoint usage", "Number of instances across active endpoints"
    return [
        Need(service="sagemaker", name=name, why=why, least=least, wanted=wanted, instance_type=own, use="hosting"),
        Need(service="sagemaker", name=total, why=why, least=least, wanted=wanted),
    ]


def _serverless(concurrency: int, *, tested: bool) -> Need:
    return Need(
        service="sagemaker",
        name="Maximum total concurrency that can be allocated across all serverless endpoints",
        pattern=r"maximum total concurrency .* serverless endpoints",
        why="the endpoint's serverless_max_concurrency" + (", and a live A/B test's challenger's" if tested else ""),
        least=concurrency,
        wanted=2 * concurrency if tested else concurrency,
    )


def _batch(settings: Settings) -> Need:
    own = settings.serving.instance_type or SERVERLESS_BATCH
    return Need(
        service="sagemaker",
        name=f"{own} for transform job usage",
        why="rubric batch",
        least=0,
        wanted=1,
        instance_type=own,
        use="transform",
    )


def _build(settings: Settings) -> list[Need]:
    if settings.serving.image_build != "codebuild":
        return []
    return [Need(service="codebuild", name=BUILDS, why="the build of the serving image", least=1, wanted=1)]


def _log(settings: Settings) -> list[Need]:
    """The request log's warm throughput, if it is above a new table's: for its own writes and its two indexes.

    Only a warning, because the documentation does not say whether a warm throughput above the quota is refused
    ("Quotas in Amazon DynamoDB").
    """
    if settings.data.warm_writes is None:
        return []
    return [
        Need(
            service="dynamodb",
            name="Table-level write throughput limit",
            pattern=r"table-level write throughput( limit| quota)?",
            why="data.write_rate, for the request log and its two indexes",
            least=0,
            wanted=3 * settings.data.warm_writes,
        )
    ]


def _functions(settings: Settings) -> Need:
    """Lambda's concurrency: rate times duration, with at most ten requests a second for each instance of a function
    ("Understanding Lambda function scaling").

    Each call of the API invokes the authorizer and the function behind the route.
    """
    rate, monitoring = settings.api.throttle_rate, settings.monitoring
    milliseconds = monitoring.model_latency_ms if settings.classifier.trained else monitoring.p99_latency_ms
    return Need(
        service="lambda",
        name="Concurrent executions",
        why=f"api.concurrency; the API lets {rate} requests a second through (api.throttle_rate)",
        least=0,
        wanted=max(settings.api.concurrency, math.ceil(rate * milliseconds / 1000), math.ceil(2 * rate / 10)),
    )
