"""A source of the queue: texts about which the two models of an A/B test disagree.

The test's record is an object of the artifact bucket, which the function `ab_test` writes. The queue shows neither
model's answer, and the first label that comes with a trusted key is the one that counts (docs/ab-tests.md).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from cachetools import TTLCache

from contracts.ab_tests import record
from contracts.ab_tests.record import Disagreement, Record
from contracts.logs.request_log import Item
from lambda_src.common import aws
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.queue import POOL, Picked, can_be_labelled, given_of, own_chance

_CACHED_SECONDS = 5.0
_CHUNK = 100
_PASSED_OVERS_TURN = 3  # of 0 to 3


class TextsPort(Protocol):
    """The log's texts (dal.Texts)."""

    def texts(self, keys: Sequence[tuple[str, int]]) -> list[Item]: ...


class TestsPort(Protocol):
    """The test that runs (Tests)."""

    def running(self) -> Record | None: ...


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
    """Those of the test for which labels are asked now, and that this labeller is still to label."""

    texts: TextsPort
    tests: TestsPort
    now: Callable[[], float] = time.time

    def __call__(self, labeller: Labeller, days: list[str], count: int) -> list[Picked]:
        """At most `count` texts, however old they are."""
        test = self.tests.running()
        if test is None or count <= 0:
            return []
        picked: list[Picked] = []
        keys = [
            (each["request_id"], each["position"])
            for each in _in_turn(test, labeller, count, hour=int(self.now() // 3600))
        ]
        for start in range(0, len(keys), _CHUNK):
            for item in self.texts.texts(keys[start : start + _CHUNK]):
                if can_be_labelled(item) and labeller.is_asked(given_of(item)):
                    picked.append(Picked(item=item, sample="disagreement"))
            if len(picked) >= count:
                break
        return picked[:count]


def _in_turn(test: Record, labeller: Labeller, count: int, *, hour: int) -> list[Disagreement]:
    """What the test asks for, about in its order.

    Each is put back by chance, by less than POOL times as many as are wanted, and by another chance for each labeller:
    two who work at the same time have about half of their texts in common, and what comes first in the test waits for
    little. With the labels, and each hour, the chances change as well, so that nothing waits for good. Texts that seem
    to have been passed over are every fourth, in any order.
    """
    drawn = f"{test['test_id']} {sum(bool(each['label']) for each in test['disagreements'])} {hour}"
    passed = record.passed_over(test["disagreements"])
    first, later = list[tuple[float, Disagreement]](), list[tuple[float, Disagreement]]()
    for each in record.asked_for(test):
        chance = own_chance(labeller, each["request_id"], each["position"], drawn=drawn)
        if each["place"] in passed:
            later.append((chance, each))
        else:
            first.append((len(first) + POOL * count * chance, each))
    turns = [iter([each for _, each in sorted(some, key=lambda one: one[0])]) for some in (first, later)]
    order = list[Disagreement]()
    for number in range(len(first) + len(later)):
        mine, others = turns if number % 4 != _PASSED_OVERS_TURN else reversed(turns)
        following = next(mine, None) or next(others, None)
        if following:
            order.append(following)
    return order
