"""Which of a request's texts the challenger answers, while a live A/B test runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from contracts.ab_tests import live
from contracts.ab_tests.live import CHALLENGER, LiveTest
from lambda_src.common import aws, dynamodb

# How long a read is good for: a test begins, moves its share and ends this much later in some running instance.
READ_AGAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Assignment:
    """What a live test has chosen for the texts of a request. variants: one for each text; units: what stands for the
    unit of each, in the request log.
    """

    test: LiveTest
    variants: tuple[str, ...]
    units: tuple[str, ...]

    def challenged(self) -> list[int]:
        """The positions of the texts that the challenger is to answer."""
        return [position for position, variant in enumerate(self.variants) if variant == CHALLENGER]


def make_client() -> Any:
    """A DynamoDB client that gives up before a caller would notice: without an answer the last one holds."""
    return aws.client("dynamodb", connect_timeout=0.3, read_timeout=0.5, attempts=1)


class LiveTests:
    """Reads the item of a live test from `table`, at most every few seconds. now: seconds since 1970."""

    def __init__(self, client: Any, *, table: str, logger: Any, now: Callable[[], float] = time.time) -> None:
        self._dynamodb = client
        self._table = table
        self._logger = logger
        self._now = now
        self._read_at = float("-inf")
        self._test: LiveTest | None = None

    def assign(self, texts: tuple[str, ...], *, key_id: str) -> Assignment | None:
        """The choice for a request's texts; None while no test runs. Never raises. key_id: the caller's key."""
        test = self._current()
        if test is None:
            return None
        units = [live.unit_of(text, key_id, unit=test["unit"]) for text in texts]
        return Assignment(
            test=test,
            variants=tuple(live.variant_of(unit, salt=test["salt"], share=test["share"]) for unit in units),
            units=tuple(live.unit_id(unit, salt=test["salt"]) for unit in units),
        )

    def _current(self) -> LiveTest | None:
        now = self._now()
        # A wall clock that was set back reads again, too.
        if not 0 <= now - self._read_at < READ_AGAIN_SECONDS:
            self._read_at = now
            try:
                self._test = self._read()
            except (BotoCoreError, ClientError):
                self._logger.warning("the live A/B test cannot be read; the last one known holds", exc_info=True)
        if self._test is None or now >= self._test["ends_at"]:
            return None
        return self._test

    def _read(self) -> LiveTest | None:
        key = dynamodb.item({"request_id": live.ITEM_ID, "position": live.POSITION})
        item = self._dynamodb.get_item(TableName=self._table, Key=key).get("Item")
        return cast(LiveTest, dynamodb.plain(item)) if item else None
