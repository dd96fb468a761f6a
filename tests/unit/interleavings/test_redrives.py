"""Tests the redrive and an erasure with one failure before one of their calls.

No valid record is lost or delayed, earlier feedback stays, erased texts do not come back, and an item that can
never be written is parked and shown once. More: tests/long/test_interleavings.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_src.redrive import dal, erased, logic
from ops.erase import erasure as erasing
from ops.erase.queues import STORE, Queue
from ops.erase.report import StoreReport
from ops.erase.tombstones import Tombstones
from ops.monitoring import parked_items
from tests.unit.interleavings.worlds.redrives import configured, explore


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    with configured():
        yield


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize("erased_at", [None, 1.0], ids=["delivered", "erased meanwhile"])
def test_whatever_goes_wrong_nothing_is_lost_and_nothing_comes_back(erased_at: float | None) -> None:
    found, runs = explore(every=3, erased_at=erased_at)
    assert found == []
    assert runs > 60


# Each of these removes a guard, and the test must find the fault.


def _an_item_replaces_what_is_there(patch: pytest.MonkeyPatch) -> None:
    def add(self: dal.Table, item: dict[str, Any]) -> None:
        self._dynamodb.put_item(TableName=self._name, Item=item)

    patch.setattr(dal.Table, "add", add)


def _what_is_refused_for_good_is_tried_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logic, "_FOR_GOOD", set())


def _what_may_pass_is_parked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logic, "_passes", lambda error: False)
    patch.setattr(logic, "_FOR_GOOD", {"ValidationException", "ThrottlingException"})


def _a_failed_message_is_not_named(patch: pytest.MonkeyPatch) -> None:
    real = logic.Redrive.run

    def run(self: logic.Redrive, records: list[dict[str, Any]]) -> logic.RedriveResult:
        outcome = real(self, records)
        outcome.failed = []
        return outcome

    patch.setattr(logic.Redrive, "run", run)


def _what_is_parked_twice_is_two_messages(patch: pytest.MonkeyPatch) -> None:
    def read(sqs: Any, url: str, handles: list[str]) -> list[Any]:
        found = [
            parked_items._Message(each["Body"], [(parked_items._described(each), "")])
            for each in parked_items._messages(sqs, url)
        ]
        return found

    patch.setattr(parked_items, "_read", read)


def _tombstones_are_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(erased, "_is_erased", lambda item, found: False)


def _no_tombstone_is_put(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tombstones, "put", lambda self, targets: None)


def _an_erasure_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(erasing, "SETTLING_SECONDS", 0)


def _queues_are_not_erased(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Queue, "run", lambda self, wanted, apply: StoreReport(STORE, ""))


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize(
    ("take_away", "erased_at"),
    [
        (_an_item_replaces_what_is_there, None),
        (_what_is_refused_for_good_is_tried_again, None),
        (_what_may_pass_is_parked, None),
        (_a_failed_message_is_not_named, None),
        (_what_is_parked_twice_is_two_messages, None),
        (_tombstones_are_not_read, 1.0),
        (_no_tombstone_is_put, 1.0),
        (_an_erasure_does_not_wait, 1.0),
        (_queues_are_not_erased, 1.0),
    ],
)
def test_a_redrive_or_an_erasure_without_one_of_its_guards_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None], erased_at: float | None
) -> None:
    take_away(monkeypatch)
    found, _ = explore(every=3, first=True, erased_at=erased_at)
    assert found
