"""Settings of the feature store that cannot work are refused, each with one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused
from tests.unit.environments.rules.test_network import EXISTING

SECRET = "rubric/features"
SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d"
ATLAS = {"secret": SECRET, "server": "atlas"}
CLUSTER = {"cluster": "documentdb"}


def mongodb(section: Mapping[str, object] | None, *, network: Mapping[str, object] | None = None) -> str:
    """An override with a store on MongoDB."""
    return json.dumps({"network": network or {}, "features": {"store": "mongodb", "mongodb": section}})


@pytest.fixture(autouse=True)
def _registry(tmp_path: Path) -> None:
    """The registry that the settings name, in the repository of the test."""
    (tmp_path / "environments/registry").mkdir(parents=True)
    (tmp_path / "environments/registry/features.yaml").write_text("features: []\n", encoding="utf-8")


PRIVATE = {"mode": "private"}
REFUSED = [
    ("features: {store: redis}", "features.store: 'redis' is not allowed; use one of: none, dynamodb, mongodb"),
    ("features: {store: dynamodb, registry: no.yaml}", "features.registry: 'no.yaml' is not allowed; the file does"),
    ("features: {mongodb: {secret: a}}", "features.mongodb: 'a section' is not allowed; it needs features.store"),
    (mongodb(None), "features.mongodb: is required; features.store is mongodb: name the secret"),
    (mongodb({}), "features.mongodb.secret: is required; it holds the server's URI"),
    (mongodb({"server": "atlas"}), "features.mongodb.secret: is required; it holds the server's URI"),
    (
        mongodb({"secret": "mongodb+srv://u:p@h/"}),
        "features.mongodb.secret: 'mongodb+srv://u:p@h/' is not allowed; use a secret's name or its ARN, not the URI",
    ),
    (mongodb({"secret": SECRET}), "features.mongodb.server: is required; features.mongodb.secret is set"),
    (mongodb({**ATLAS, **CLUSTER}, network=PRIVATE), "features.mongodb.secret: 'rubric/features' is not allowed; the"),
    (mongodb({**ATLAS, "instances": 2}), "features.mongodb.instances: 2 is not allowed; it needs features.mongodb.c"),
    (mongodb({**CLUSTER, "server": "atlas"}, network=PRIVATE), "features.mongodb.server: 'atlas' is not allowed; it"),
    (
        mongodb({**CLUSTER, "min_capacity": 8.0, "max_capacity": 2.0}, network=PRIVATE),
        "features.mongodb.min_capacity: 8.0 is not allowed; features.mongodb.max_capacity is 2",
    ),
    (
        mongodb({**CLUSTER, "min_capacity": 0.7}, network=PRIVATE),
        "features.mongodb.min_capacity: 0.7 is not allowed; use a multiple of 0.5",
    ),
    (mongodb({**CLUSTER}), "features.mongodb.cluster: 'documentdb' is not allowed; Amazon DocumentDB is only reached"),
    (mongodb(ATLAS, network=PRIVATE), "features.mongodb.private_endpoint: is required; network.mode is private"),
    (mongodb(ATLAS, network={**EXISTING}), "features.mongodb.private_endpoint: is required; network.mode is existing"),
    (mongodb({**ATLAS, "private_endpoint": SERVICE}), f"features.mongodb.private_endpoint: '{SERVICE}' is not allowed"),
    (
        mongodb({**ATLAS, "private_endpoint": "vpce-0a1b2c3d"}, network=PRIVATE),
        "features.mongodb.private_endpoint: 'vpce-0a1b2c3d' is not allowed; the environment makes its VPC",
    ),
    (
        mongodb({**ATLAS, "private_endpoint": SERVICE.replace("us-east-1", "eu-west-1")}, network=PRIVATE),
        "features.mongodb.private_endpoint: 'com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d' is not allowed; use Atlas",
    ),
    (
        mongodb({**ATLAS, "private_endpoint": "x"}, network=PRIVATE),
        "features.mongodb.private_endpoint: 'x' is not",
    ),
    (
        mongodb({"secret": SECRET, "server": "documentdb"}, network=PRIVATE),
        "features.mongodb.server: 'documentdb' is not allowed; network.mode is private",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


@pytest.mark.parametrize(
    "override",
    [
        mongodb(ATLAS),
        mongodb({**ATLAS, "secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rubric/features-AbCdEf"}),
        mongodb({**ATLAS, "private_endpoint": SERVICE}, network=PRIVATE),
        mongodb({**ATLAS, "private_endpoint": "vpce-0a1b2c3d"}, network={**EXISTING}),
        mongodb({"secret": SECRET, "server": "documentdb"}, network={**EXISTING}),
        mongodb({**CLUSTER, "engine_version": "5.0", "min_capacity": 16.0}, network=PRIVATE),
        "features: {store: dynamodb}",
    ],
)
def test_allowed(load_text: Loader, override: str) -> None:
    assert load_text(override=override).features.store != "none"


def test_unset_there_is_no_store(load_text: Loader) -> None:
    assert load_text().features.store == "none"
