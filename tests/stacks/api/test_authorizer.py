"""Tests the function that checks keys: default limits and permissions."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed


def default_limits(environment: Synthesised) -> tuple[str, str]:
    found = environment.resources("api", "AWS::Lambda::Function")
    [function] = [f for n, f in found.items() if n.startswith("Authorizer")]
    variables = function["Properties"]["Environment"]["Variables"]
    return variables["DEFAULT_RATE"], variables["DEFAULT_BURST"]


def test_a_key_s_default_limits_are_its_share(prod: Synthesised, synthesise: Synthesise) -> None:
    assert default_limits(prod) == ("6", "12")
    assert default_limits(synthesise("dev", change="api: {key_rate: 4}")) == ("4", "8")
    much = synthesise("dev", change="api: {throttle_rate: 2000, throttle_burst: 4000, concurrency: 100000}")
    assert default_limits(much) == ("500", "1000")  # more than an item can count is never a default


def test_the_authorizer_reads_keys_and_counts_and_never_writes_a_key(dev: Synthesised) -> None:
    [policy] = [p for n, p in dev.resources("api", "AWS::IAM::Policy").items() if n.startswith("Authorizer")]
    allowed = {
        action: json.dumps(statement["Resource"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    logging = {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert set(allowed) == {"dynamodb:GetItem", "dynamodb:UpdateItem", "ssm:GetParameter"} | logging
    assert "ApiKeysTable" in allowed["dynamodb:GetItem"] and "UsageTable" in allowed["dynamodb:UpdateItem"]
