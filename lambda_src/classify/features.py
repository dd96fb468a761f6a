"""Reads the features of a request's caller, publisher and texts while the model is asked, and waits for them little.

A read that is not there when the model has answered is missed: the request goes on without features, and is counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.features import asked, computed, registry
from contracts.texts import text_normalization
from lambda_src.classify.environment import ClassifySettings
from lambda_src.common import aws
from lambda_src.common.features.store import StoreError

Ids = Mapping[str, Sequence[str]]
Found = Mapping[str, Mapping[str, Mapping[str, Any]]]

# Reads at the same time: a function answers one request at a time, and an earlier read may still hang.
_READS = 3
# A read that takes longer is of no use to the request that it is for.
_CONNECT_SECONDS, _READ_SECONDS = 0.5, 1.0


class ReaderPort(Protocol):
    """Reads features by entity and id: {entity: {id: {name: value}}}."""

    def __call__(self, ids: Ids) -> Found: ...


@dataclass
class Pending:
    """A read under way. publisher: its id; texts: the ids of the texts, in their order."""

    caller: str
    publisher: str
    texts: list[str]
    future: Future[Found] | None


@dataclass
class Reading:
    """What became of the reads, for the metrics of a request. failed: reads that ended in an error since the last."""

    asked: int = 0
    missed: int = 0
    failed: int = 0


@dataclass
class Features:
    """Starts reads and takes what is there. wait_seconds: how long a request may wait once the model has answered."""

    read: ReaderPort
    wait_seconds: float
    logger: Any
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=_READS))
    _waiting: list[Future[Found]] = field(default_factory=list)

    def start(self, texts: Sequence[str], *, caller: str, publisher: str) -> Pending:
        """Begin to read, beside the caller's thread. Raises nothing; takes no time but a text's normalisation."""
        ids = [text_normalization.text_id(text_normalization.normalised(text)) for text in texts]
        wanted: dict[str, Sequence[str]] = {"caller": [caller], "text": list(dict.fromkeys(ids))}
        if publisher:
            wanted["publisher"] = [publisher]
        self._waiting = [one for one in self._waiting if not one.done()]
        future = None
        if len(self._waiting) < _READS:  # else the store hangs: a further read would only wait behind them
            future = self._pool.submit(self.read, wanted)
            self._waiting.append(future)
        return Pending(caller=caller, publisher=publisher, texts=ids, future=future)

    def take(self, pending: Pending, reading: Reading) -> list[dict[str, Any]] | None:
        """The features of each text as the log has them; None if they are not there in time. Counts into `reading`."""
        reading.asked += 1
        found = self._result(pending.future, reading) if pending.future else None
        if found is None:
            reading.missed += 1
            return None
        shared = computed.logged("caller", found.get("caller", {}).get(pending.caller, {}))
        shared |= computed.logged("publisher", found.get("publisher", {}).get(pending.publisher, {}))
        texts = found.get("text", {})
        return [shared | computed.logged("text", texts.get(name, {})) for name in pending.texts]

    def _result(self, future: Future[Found], reading: Reading) -> Found | None:
        """What was read; None where it is not there, or for whatever reason it could not be."""
        try:
            error = future.exception(timeout=self.wait_seconds)
        except TimeoutError:
            return None
        if error is None:
            return future.result()
        reading.failed += 1
        self.logger.warning("features could not be read", cause=str(error)[:500])
        return None


def make(settings: ClassifySettings, *, logger: Any) -> Features | None:
    """What reads the store that the settings name; None where there is none."""
    readers: dict[str, Callable[[ClassifySettings], ReaderPort]] = {"dynamodb": _own, "mongodb": _invoked}
    if settings.feature_store not in readers:
        return None
    read = readers[settings.feature_store](settings)
    return Features(read=read, wait_seconds=settings.features_wait_ms / 1000, logger=logger)


def _own(settings: ClassifySettings) -> ReaderPort:
    """Reads the tables."""
    from lambda_src.common.features import dynamodb

    client = aws.client(
        "dynamodb", connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, attempts=1, connections=_READS
    )
    store = dynamodb.Store(
        client,
        online=settings.features_online_table,
        history="",
        registry=registry.loads(settings.features_registry),
    )
    return store.read_all


def _invoked(settings: ClassifySettings) -> ReaderPort:
    """Asks the function that has the server's address, its packages and its credentials: this one has none of them."""
    client = aws.client(
        "lambda", connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, attempts=1, connections=_READS
    )

    def read(ids: Ids) -> Found:
        payload = json.dumps({"action": asked.READ, "ids": ids}).encode()
        answer = client.invoke(FunctionName=settings.features_function, Payload=payload)
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StoreError(f"the function that reads features failed: {document.get('errorMessage', '')}")
        return dict(document["features"])

    return read
