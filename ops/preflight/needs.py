"""The quotas that an environment needs, by the names that Service Quotas gives them.

Names: "Amazon SageMaker AI endpoints and quotas" in the AWS General Reference, and the same pages of CodeBuild,
DynamoDB and Lambda. Codes are not kept here: Service Quotas answers with them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from environments.aws.instance_regions import Use
from environments.settings import Settings

Service = Literal["sagemaker", "codebuild", "dynamodb", "lambda"]

# `rubric batch` takes it where the endpoint has no instances (ops/batch/transform.py).
SERVERLESS_BATCH = "ml.c7i.xlarge"
BUILDS = "Concurrently running builds for Linux/Small environment"


@dataclass(frozen=True, kw_only=True)
class Need:
    """A quota, and how much of it is needed.

    least: below this, something that a deploy does is refused. wanted: below this, something that comes later is.
    instance_type, use: of a quota of one instance type. Any other is `unknown` where an account has none of that name.
    pattern: of the name, where AWS's documents don't agree on it.
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
        """Whether a quota of that name is meant."""
        name = " ".join(quota.split()).lower()
        return bool(re.fullmatch(self.pattern, name)) if self.pattern else name == self.name.lower()


def needs(settings: Settings, *, approved: bool) -> list[Need]:
    """The quotas of an environment. approved: there is a model, and a deploy does not train."""
    if not settings.classifier.trained:
        return [*_log(settings), _functions(settings)]
    return [
        *_training(settings, approved=approved),
        *_serving(settings),
        _batch(settings),
        *_build(settings),
        *_log(settings),
        _functions(settings),
    ]


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
    if serving.mode == "serverless":
        return [_serverless(serving.serverless_max_concurrency or 0)]
    # "SageMaker creates a new fleet during the deployment while maintaining the old fleet" (BlueGreenUpdatePolicy).
    least, wanted = 2 * (serving.min_instances or 0), 2 * (serving.max_instances or 0)
    why = "a rollout runs the old and the new fleet together"
    own = serving.instance_type or ""
    name, total = f"{own} for endpoint usage", "Number of instances across active endpoints"
    return [
        Need(service="sagemaker", name=name, why=why, least=least, wanted=wanted, instance_type=own, use="hosting"),
        Need(service="sagemaker", name=total, why=why, least=least, wanted=wanted),
    ]


def _serverless(concurrency: int) -> Need:
    return Need(
        service="sagemaker",
        name="Maximum total concurrency that can be allocated across all serverless endpoints",
        pattern=r"maximum total concurrency .* serverless endpoints",
        why="the endpoint's serverless_max_concurrency",
        least=concurrency,
        wanted=concurrency,
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
    """Where the request log is made ready for more than a new table takes: its own writes and its two indexes'.

    A warning only: documents do not say whether a warm throughput above the quota is refused ("Quotas in Amazon
    DynamoDB").
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
    """Lambda's: rate times duration, and ten requests a second each at most ("Understanding Lambda function scaling").

    A call of the API is a request to the authorizer and one to the function behind the route.
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
