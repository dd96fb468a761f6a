"""cdk-nag's AwsSolutions pack finds only what has been accepted with a reason, in any environment."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from tests.stacks.conftest import ENVIRONMENTS, HUGGINGFACE, Synthesise, Synthesised

SERVERLESS = """
serving: {mode: serverless, instance_type: null, min_instances: null, max_instances: null, data_capture_percent: null,
          serverless_memory_mb: 2048, serverless_max_concurrency: 5}
"""
VARIANTS = [
    *((env, None) for env in ENVIRONMENTS),
    ("dev", SERVERLESS),
    ("dev", "training: {spot: true, schedule: rate(7 days), base_model: 's3://some-bucket/base/'}"),
    ("dev", "data: {dataset: {source: s3, uri: 's3://some-bucket/data.csv'}}"),
    ("prod", "classifier: {backend: bedrock, bedrock: {model_id: amazon.nova-micro-v1:0, labels: [A, B]}}"),
    (
        "dev",
        "classifier: {fallback: bedrock, "
        "bedrock: {model_id: amazon.nova-micro-v1:0, inference_profile: 'us.amazon.nova-micro-v1:0'}}",
    ),
    ("prod", HUGGINGFACE),
    ("prod", "serving: {image_build: docker}"),
    ("dev", "network: {mode: private}\ntraining: {instance_count: 2}"),
]


def findings(synthesised: Synthesised) -> list[str]:
    """`rule: construct` of each finding that is not accepted."""
    # References between stacks are resolved by synthesis, and accepted findings name them so.
    synthesised.app.synth()
    result: Any = AwsSolutionsChecks(synthesised.app).validate_scope(synthesised.app)
    return [f"{v.rule_name}: {r.construct_path}" for v in result.violations for r in v.violating_resources]


@pytest.mark.parametrize(("env", "change"), VARIANTS)
def test_no_finding_is_left(synthesise: Synthesise, env: str, change: str | None) -> None:
    assert findings(synthesise(env, change=change)) == []


def test_the_check_does_find_something(synthesise: Synthesise) -> None:
    synthesised = synthesise("dev")
    s3.Bucket(synthesised.stacks.data, "Careless")
    assert any(finding.startswith("AwsSolutions-S10: Rubric-dev-Data/Careless") for finding in findings(synthesised))


def test_each_accepted_finding_has_a_reason(local: Synthesised) -> None:
    key = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    accepted = [
        (construct.node.path, finding, reason)
        for construct in constructs(local.app)
        for entry in construct.node.metadata
        if entry.type == key
        for finding, reason in entry.data.items()
    ]
    assert len(accepted) > 20
    assert [path for path, _, reason in accepted if len(reason.split()) < 5] == []


def constructs(root: IConstruct) -> list[IConstruct]:
    return list(root.node.find_all())
