"""The environment of the tests: its names, its models and its settings."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from lambda_src.ab_test.environment import AbTestSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD, NEW = "rubric-dev-1", "rubric-dev-2"
LABELS = ["Business", "Health", "Science"]
BUCKET = "artifacts"


def uri(version: str) -> str:
    return f"s3://{BUCKET}/models/{version}/output/model.tar.gz"


def arn(version: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:000000000000:model-package/rubric-dev/{version[-1]}"


def settings(**changed: Any) -> AbTestSettings:
    values: dict[str, Any] = {
        **{
            "environment": "dev",
            "artifact_bucket": BUCKET,
            "dataset_bucket": "datasets",
            "request_log_table": "requests",
            "request_log_shards": 4,
        },
        **{"request_log_days": 30, "request_log_text": "store", "approved_model_parameter": "/approved"},
        **{"endpoint_name": "rubric-dev", "model_package_group": "rubric-dev", "promotion_arn": "arn:promotion"},
        **{"approval": "automatic", "job_prefix": "rubric-dev-ab-", "ab_tests_enabled": "yes", "goal": "better"},
        **{"alpha": 0.05, "margin": 0.02, "most_labels": 300, "most_seconds": 86_400, "most_texts": 5_000},
        **{"share": 0.3, "unit": "text", "allocation": "fixed", "least_share": 0.1, "most_share": 0.5},
        **{
            "ab_promote": "ask",
            "replay_instance_type": "ml.c7i.xlarge",
            "challenger_stack_name": "Rubric-dev-Challenger",
            "challenger_resource_types": [],
        },
        "challenger_endpoint_name": "rubric-dev-challenger",
    }
    return AbTestSettings(**{**values, **changed})


def context(**more: Any) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000, aws_request_id="1", **more)
