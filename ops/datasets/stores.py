"""Where an environment keeps what was labelled."""

from __future__ import annotations

from contracts.deployment import stack_outputs
from ops.datasets.ledger_table import LedgerTable
from ops.datasets.versions import Versions
from ops.deployment.cloud import Cloud


def ledger_of(cloud: Cloud) -> LedgerTable:
    """The environment's ledger."""
    return LedgerTable(cloud.client("dynamodb"), name=cloud.stacks.need(stack_outputs.LEDGER_TABLE_NAME))


def versions_of(cloud: Cloud) -> Versions:
    """The environment's dataset versions."""
    return Versions(cloud.client("s3"), bucket=cloud.stacks.need(stack_outputs.DATASET_BUCKET_NAME))


def erasure_key(cloud: Cloud) -> bytes:
    """The key of the hashes in tombstones."""
    secret = cloud.stacks.need(stack_outputs.ERASURE_KEY_ARN)
    return str(cloud.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]).encode()
