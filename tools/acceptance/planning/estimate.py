"""How long a run takes and what it costs, estimated before it starts, from stated assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from environments.settings import Settings
from tools.acceptance.planning.prices import Price

# Minutes on an account: assumed, not measured. Training has its own limit, max_runtime_minutes.
MINUTES: Mapping[str, float] = {
    "preflight": 1,
    "mirror": 1,
    "deploy": 20,
    "key": 1,
    "first answer": 1,
    "feedback": 1,
    "batch": 12,
    "promotion": 15,
    "rollback": 15,
    "alarm test": 3,
    "destroy": 20,
    "count": 2,
}
# In a VPC beside these: the network's stack and the mirror; interfaces that outlive their functions and containers
# (docs/network.md, "Destroying it").
INSIDE: Mapping[str, float] = {"mirror": 20, "destroy": 60}
TRAINS = ("deploy", "promotion")
DOUBLED = ("promotion", "rollback")  # a rollout runs the old and the new fleet together
SERVES = ("deploy", "key", "first answer", "feedback", "batch", *DOUBLED, "alarm test", "destroy")
LOCAL_MINUTES = 10.0


@dataclass(frozen=True)
class Rates:
    """US dollars an hour for a step's resources; None where a price is unknown."""

    endpoint: float | None
    training: float | None
    batch: float | None

    @property
    def are_known(self) -> bool:
        return None not in (self.endpoint, self.training, self.batch)

    def of(self, step: str) -> float:
        """US dollars an hour while that step runs, at most. Only where all are known."""
        endpoint, training, batch = self.endpoint or 0.0, self.training or 0.0, self.batch or 0.0
        return (
            (endpoint * (2 if step in DOUBLED else 1) if step in SERVES else 0.0)
            + (training if step in TRAINS else 0.0)
            + (batch if step == "batch" else 0.0)
        )


def rates(settings: Settings, *, host: Price | None, trainer: Price | None) -> Rates:
    """The hourly cost of the environment's instances. host: None where the endpoint has no instances."""
    if not settings.classifier.trained:
        return Rates(0.0, 0.0, 0.0)
    serving, training = settings.serving, settings.training
    instances = max(serving.min_instances or 1, serving.max_instances or 1)
    return Rates(
        endpoint=0.0 if host is None else _times(host, instances),
        training=None if trainer is None else _times(trainer, training.instance_count),
        batch=0.0 if host is None else host.dollars,
    )


def of_step(settings: Settings, step: str) -> float:
    """Minutes of a step on an account, without a training job."""
    more = INSIDE.get(step, 0.0) if settings.network.inside else 0.0
    return MINUTES[step] + more


def at_the_end(settings: Settings) -> float:
    """Minutes that destroying and counting take."""
    return of_step(settings, "destroy") + of_step(settings, "count")


def minutes(settings: Settings, steps: list[str], *, local: bool) -> float:
    """How long the steps take, roughly."""
    if local:
        return LOCAL_MINUTES
    trains = sum(step in TRAINS for step in steps) if settings.classifier.trained else 0
    return sum(of_step(settings, step) for step in steps) + trains * settings.training.max_runtime_minutes


def dollars(settings: Settings, steps: list[str], known: Rates) -> float | None:
    """The highest cost of the instances; None where a price is unknown."""
    if not known.are_known:
        return None
    total = 0.0
    for step in steps:
        longest = of_step(settings, step) + (settings.training.max_runtime_minutes if step in TRAINS else 0)
        total += longest / 60 * known.of(step)
    return total


def _times(price: Price, count: int) -> float | None:
    return None if price.dollars is None else price.dollars * count
