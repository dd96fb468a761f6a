"""What the function says when the store that its settings name cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.features.registry import Registry
from lambda_src.common import aws
from lambda_src.common.features.mongodb.store import Store
from lambda_src.common.features.store import StoreError
from lambda_src.features import stores
from lambda_src.features.environment import FeaturesSettings


def settings(server: str = "atlas") -> FeaturesSettings:
    return FeaturesSettings(
        environment="test",
        request_log_table="log",
        request_log_shards=1,
        ledger_table="ledger",
        artifact_bucket="bucket",
        features_registry="{}",
        feature_store="mongodb",
        feature_days=30,
        mongodb_secret="rubric/features",
        mongodb_server=server,
    )


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ({}, "There is no secret rubric/features with a value: make it, with the MongoDB URI as its text."),
        ({"SecretString": " "}, "The secret rubric/features holds no MongoDB URI: set its text to one such as"),
        ({"SecretBinary": b"1"}, "The secret rubric/features holds bytes, not text: set its text to the MongoDB URI."),
    ],
)
def test_a_secret_that_is_missing_or_empty_is_one_sentence(held: dict[str, Any], sentence: str, account: None) -> None:
    if held:
        aws.client("secretsmanager").create_secret(Name="rubric/features", **held)
    with pytest.raises(StoreError) as raised:
        stores.make(settings(), registry=Registry([]))
    assert str(raised.value).startswith(sentence) and "\n" not in str(raised.value)


def test_the_store_is_at_the_secret_s_uri(account: None) -> None:
    aws.client("secretsmanager").create_secret(Name="rubric/features", SecretString="mongodb://127.0.0.1:9/known")
    made = stores.make(settings(), registry=Registry([]))
    assert isinstance(made, Store)
    assert made._online.database.name == "known"


def test_another_kind_of_server_is_refused_before_the_secret_is_read() -> None:
    with pytest.raises(StoreError, match="MONGODB_SERVER is 'oracle'; use one of atlas, documentdb"):
        stores.make(settings("oracle"), registry=Registry([]))
