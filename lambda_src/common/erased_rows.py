"""Rows of the ledger and of dataset versions that a tombstone keeps out, for whoever makes a version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from contracts.datasets import ledger
from lambda_src.common import aws


def read_key(secret: str) -> bytes:
    """The key of the hashes. secret: its ARN."""
    client = aws.client("secretsmanager")
    return str(client.get_secret_value(SecretId=secret)["SecretString"]).encode()


def among(rows: Iterable[str], erased: Collection[str], *, key: Callable[[], bytes]) -> set[str]:
    """Those of the rows that a tombstone keeps out. erased: keyed hashes; key: called only if there are any."""
    if not erased:
        return set()
    known = key()
    return {row for row in rows if ledger.keyed_hash(row, key=known) in erased}
