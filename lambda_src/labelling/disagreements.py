"""A source of the queue: texts about which the two models of an A/B test disagree.

The test's record is an object of the artifact bucket, which the function `ab_test` writes. The queue shows neither
model's answer, and the label that somebody gives first is the one that counts (docs/ab-tests.md).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from cachetools import TTLCache

from contracts.ab_tests import record
from contracts.ab_tests.record import Record
from contracts.logs.request_log import Item
from lambda_src.common import aws
from lambda_src.labelling.queue import Picked, can_be_labelled

_CACHED_SECONDS = 5.0


class TextsPort(Protocol):
    """The log's texts (dal.Texts)."""

    def texts(self, keys: Sequence[tuple[str, int]]) -> list[Item]: ...


class Tests:
    """The test that runs, read again after some seconds. s3: makes a client when it is first needed."""

    def __init__(
        self, s3: Callable[[], Any], *, bucket: str, logger: Any, now: Callable[[], float] = time.time
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._logger = logger
        self._known: TTLCache[str, Record | None, float] = TTLCache(1, ttl=_CACHED_SECONDS, timer=now)

    def running(self) -> Record | None:
        """The record of a test that asks for labels now; None without one, or while S3 does not answer."""
        if record.CURRENT not in self._known:
            try:
                self._known[record.CURRENT] = self._read()
            except (BotoCoreError, ClientError) as error:
                self._logger.warning("the A/B test's record cannot be read", cause=str(error)[:500])
                return None
        return self._known[record.CURRENT]

    def differing(self) -> frozenset[tuple[str, int]]:
        """The keys of the texts on which the models of the test that runs differ, and whose label is not known."""
        test = self.running()
        found = test["disagreements"] if test else []
        return frozenset((each["request_id"], each["position"]) for each in found if record.waits(each))

    def _read(self) -> Record | None:
        try:
            body = self._s3().get_object(Bucket=self._bucket, Key=record.CURRENT)["Body"].read()
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return None
        found = cast(Record, json.loads(body))
        return found if found["phase"] == record.RUNNING else None


@dataclass(frozen=True, kw_only=True)
class Disagreements:
    """Those of the test for which labels are asked now, and that nobody has labelled."""

    texts: TextsPort
    tests: Tests

    def __call__(self, days: list[str], count: int) -> list[Picked]:
        """At most `count` texts, in the test's order, however old they are."""
        test = self.tests.running()
        if test is None or count <= 0:
            return []
        asked = [(each["request_id"], each["position"]) for each in record.asked_for(test)]
        open_ones = (item for item in self.texts.texts(asked) if can_be_labelled(item) and not item.get("given"))
        return [Picked(item=item, sample="disagreement") for item in islice(open_ones, count)]
