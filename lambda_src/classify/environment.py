"""The classify function's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_src.common.environment import SettingsError


@dataclass(frozen=True, kw_only=True)
class ClassifySettings:
    """The backend, the request log (kept `request_log_days` days), and the table of answers to idempotency keys.

    request_log_shards: over how many shards each index of the log spreads its writes.
    request_log_text: store, hash or drop. audit_share: the share of the answered texts that the audit sample takes.
    backend: `sagemaker` or `bedrock`; fallback: `none` or `bedrock`. Fields that neither needs are empty.
    answer_cache_seconds: how long a text's answer may be reused without asking the model; 0 = never.
    component_name: of the inference component that is the model; empty where the endpoint has a model of its own.
    challenger_endpoint_name: of a live A/B test; empty where none can start.
    feature_store: dynamodb, mongodb or none; the first needs the table and the registry, the second the function that
    reads. features_wait_ms: how long a request waits for its features once the model has answered.
    top_k, threshold: for requests without their own (response.Listing); 0 = none.
    """

    request_log_table: str
    log_dlq_url: str
    request_log_days: int
    request_log_shards: int
    request_log_text: str
    environment: str
    answers_table: str
    audit_share: float = 0.0
    answer_cache_seconds: int = 0
    top_k: int = 0
    threshold: float = 0.0
    backend: str = "sagemaker"
    fallback: str = "none"
    endpoint_name: str = ""
    component_name: str = ""
    endpoint_seconds: float = 16.0
    challenger_endpoint_name: str = ""
    bedrock_model_id: str = ""
    bedrock_region: str = ""
    bedrock_labels: list[str] = field(default_factory=list)
    bedrock_seconds: float = 15.0
    bedrock_concurrency: int = 8
    approved_model_parameter: str = ""
    artifact_bucket: str = ""
    feature_store: str = "none"
    features_online_table: str = ""
    features_registry: str = ""
    features_function: str = ""
    features_wait_ms: int = 0

    def __post_init__(self) -> None:
        needed = ["endpoint_name"] if self.backend == "sagemaker" else []
        if "bedrock" in (self.backend, self.fallback):
            needed += ["bedrock_model_id"]
            needed += [] if self.bedrock_labels else ["approved_model_parameter", "artifact_bucket"]
        missing = [name.upper() for name in needed if not getattr(self, name).strip()]
        if missing:
            raise SettingsError(f"the function's environment is incomplete: {', '.join(missing)} not set")
