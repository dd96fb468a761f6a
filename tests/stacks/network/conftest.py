"""Environments whose functions and containers run in a VPC."""

from __future__ import annotations

import json

import pytest

from tests.stacks.conftest import Synthesise, Synthesised

EXISTING = {
    "mode": "existing",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "security_group_ids": ["sg-0123456789abcdef1"],
    "endpoints": "exist",
}


@pytest.fixture(scope="package")
def private(synthesise: Synthesise) -> Synthesised:
    """dev in a VPC of its own."""
    return synthesise("dev", change="network: {mode: private, cidr: 10.9.0.0/20, flow_log_days: 90}")


@pytest.fixture(scope="package")
def other(synthesise: Synthesise) -> Synthesised:
    """dev in a VPC of its own, with everything else that makes a difference there."""
    change = {
        "network": {"mode": "private", "zones": 3, "zone_names": ["us-east-1b", "us-east-1d", "us-east-1f"]},
        "data": {"encryption": "kms", "dataset": {"source": "s3", "uri": "s3://my-bucket/news/data.csv"}},
        "training": {"instance_count": 2},
        "serving": {"container": "huggingface", "image_build": None},
        "classifier": {"fallback": "bedrock", "bedrock": {"model_id": "amazon.nova-micro-v1:0"}},
    }
    return synthesise("dev", change=json.dumps(change))


@pytest.fixture(scope="package")
def existing(synthesise: Synthesise) -> Synthesised:
    """dev in a VPC that has all that is needed."""
    return synthesise("dev", change=json.dumps({"network": EXISTING}))


@pytest.fixture(scope="package")
def own_endpoints(synthesise: Synthesise) -> Synthesised:
    """dev in somebody else's VPC, with endpoints of its own."""
    more = {"endpoints": "create", "route_table_ids": ["rtb-0123456789abcdef0"]}
    return synthesise("dev", change=json.dumps({"network": {**EXISTING, **more}}))
