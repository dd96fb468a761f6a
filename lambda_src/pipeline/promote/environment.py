"""The promote function's settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class PromoteSettings:
    """The parameter that names the approved model, the stack that serves it, the types of that stack's resources, the
    paths of the parameters that say which approvals have been acted on and whose turn it is to promote, the registry's
    group, and the bucket that keeps models and old turns.

    endpoint_name, variant, rollback_alarms: what CloudWatch counts a new model's requests by, and the alarms that take
    a rollout back, none for an endpoint without guardrails. promotion_arn: of the machine whose steps these are.
    canary_min_requests, armed_minutes: 0 where they are not set. component_name: of a model that sleeps, whose wakes
    are in request_log_table; may_close: 1 where a schedule may keep it asleep.
    """

    environment: str
    approved_model_parameter: str
    serving_stack_name: str
    serving_resource_types: list[str]
    approvals_path: str
    promotions_path: str
    model_package_group: str
    artifact_bucket: str
    endpoint_name: str = ""
    variant: str = ""
    rollback_alarms: list[str] = field(default_factory=list)
    promotion_arn: str = ""
    canary_min_requests: int = 0
    component_name: str = ""
    request_log_table: str = ""
    may_close: int = 0
    armed_minutes: int = 0
