"""The ab_test function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AbTestSettings:
    """The stores, the champion's endpoint, the registry's group, the promotion machine, the Challenger stack, and the
    section `ab_tests`.

    request_log_text: what the log keeps of a text. job_prefix: of a replay's transform jobs; key_arn, volume_key_arn:
    the keys that encrypt what they write and their volumes, "" for AWS's own. approval: `training.approval`.
    hourly_price: "" if it is not known. component_name: of a champion that may sleep, else "". most_seconds: that a
    test may take.
    """

    environment: str
    artifact_bucket: str
    dataset_bucket: str
    request_log_table: str
    request_log_shards: int
    request_log_days: int
    request_log_text: str
    approved_model_parameter: str
    endpoint_name: str
    model_package_group: str
    promotion_arn: str
    approval: str
    job_prefix: str
    ab_tests_enabled: str
    goal: str
    alpha: float
    margin: float
    most_labels: int
    most_seconds: int
    most_texts: int
    share: float
    unit: str
    allocation: str
    least_share: float
    most_share: float
    ab_promote: str
    challenger_stack_name: str
    challenger_endpoint_name: str
    challenger_resource_types: list[str]
    replay_instance_type: str
    hourly_price: str = ""
    component_name: str = ""
    key_arn: str = ""
    volume_key_arn: str = ""
