"""The environment's feature store, opened once for each process and kept outside the handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from contracts.features.registry import Registry
from lambda_src.common import aws
from lambda_src.common.features import dynamodb
from lambda_src.common.features.store import FeatureStore, StoreError, StoreUnavailableError


@dataclass(frozen=True)
class InDynamoDb:
    """Two tables, by name."""

    online: str
    history: str


@dataclass(frozen=True)
class InMongoDb:
    """A server by the name or ARN of the secret with its URI."""

    secret: str
    server: Literal["atlas", "documentdb"]


class Opened:
    """A store that is opened when it is first needed, and anew after it was forgotten."""

    def __init__(
        self, place: InDynamoDb | InMongoDb, *, registry: Callable[[], Registry], history_days: int | None = None
    ) -> None:
        self._place, self._registry, self._history_days = place, registry, history_days
        self._store: FeatureStore | None = None

    def store(self) -> FeatureStore:
        """The store; raises StoreError if it cannot be opened. It connects with its first command."""
        if self._store is None:
            self._store = self._open()
        return self._store

    def forget(self) -> None:
        """Open it anew next time: after StoreDeniedError, as the secret may have been rotated."""
        self._store = None

    def _open(self) -> FeatureStore:
        registry, place = self._registry(), self._place
        if isinstance(place, InDynamoDb):
            return dynamodb.Store(
                aws.client("dynamodb"),
                online=place.online,
                history=place.history,
                registry=registry,
                history_days=self._history_days,
            )
        # pymongo is in the layer of functions that use it, and takes a tenth of a second to import.
        from lambda_src.common.features.mongodb import connection
        from lambda_src.common.features.mongodb.store import Store

        where = connection.address(secret_text(place.secret), server=place.server, name=place.secret)
        database = connection.client(where)[where.database]
        return Store(database, registry=registry, history_days=self._history_days)


def secret_text(name: str) -> str:
    """The text of a secret; raises StoreError, in a sentence, if it has none or may not be read."""
    try:
        answer = aws.client("secretsmanager").get_secret_value(SecretId=name)
    except ClientError as error:
        if aws.error_code(error) == "ResourceNotFoundException":
            raise StoreError(
                f"There is no secret {name} with a value: make it, with the MongoDB URI as its text."
            ) from None
        raise StoreError(f"The secret {name} cannot be read: {error}") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"Secrets Manager did not answer: {error}") from error
    if "SecretString" not in answer:
        raise StoreError(f"The secret {name} holds bytes, not text: set its text to the MongoDB URI.")
    return str(answer["SecretString"])
