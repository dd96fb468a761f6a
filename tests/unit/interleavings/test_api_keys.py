"""Tests the creation and rotation of API keys, with one failure before any of the calls.

A key that an operator was shown works, and the older one works until its grace period ends. An operator who was
shown none can get one. With two failures: tests/long/test_interleavings.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.api import api_keys
from lambda_src.authorizer import dal
from ops.api import keys
from tests.unit.interleavings.explorer.bench import Bench
from tests.unit.interleavings.explorer.engine import Call, Client, Clock, Function
from tests.unit.interleavings.worlds.api_keys import TABLE, Table, explore


def test_whatever_goes_wrong_a_key_that_was_told_works_and_the_older_one_does_meanwhile() -> None:
    found, runs = explore(pairs_every=0)
    assert found == []
    assert runs > 150


@pytest.mark.parametrize("goes_wrong", ["", "kill", "lost", "error", "refused"])
def test_a_new_key_that_is_told_works(goes_wrong: str) -> None:
    table = Table()
    ended: list[Function] = []

    def make(call: Call) -> Any:
        request = {name: value for name, value in call.arguments.items() if name not in ("TableName", "Key")}
        return getattr(table, call.operation)(**request)

    bench = Bench(make, {0: goes_wrong}, clock=Clock())
    client = Client("dynamodb", direct=make)
    bench.start("create", lambda: keys.create(client, table=TABLE, name="n"), limit=60.0, then=ended.append)
    assert bench.run()
    assert (ended[0].error is None) == (goes_wrong in ("", "lost", "error"))
    if ended[0].error is None:
        text, info = ended[0].result
        records = dal.KeyRecords(client, table=TABLE, cache_seconds=0)
        record = records.get(info.key_id)
        assert record is not None
        assert record.hash == api_keys.key_hash(key=text, salt=record.salt)


# Each of these removes a guard, and the test must find the fault.


def _a_lost_key_takes_the_place_of_the_older_one(patch: pytest.MonkeyPatch) -> None:
    real = keys.rotate
    patch.setattr(keys, "rotate", lambda *arguments, lost, **named: real(*arguments, force=lost, **named))


def _a_rotation_writes_over_another(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Table, "_check", lambda self, holds: None)


def _a_write_without_an_answer_has_failed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keys, "_has_worked", lambda *_, **__: False)


def _a_record_is_not_read_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dal.KeyRecords, "reread", lambda self, key_id: None)


def _a_third_key_is_not_refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keys, "_refuse_to_rotate", lambda info, **_: None)


@pytest.mark.parametrize(
    "take_away",
    [
        _a_lost_key_takes_the_place_of_the_older_one,
        _a_rotation_writes_over_another,
        _a_write_without_an_answer_has_failed,
        _a_record_is_not_read_again,
        _a_third_key_is_not_refused,
    ],
)
def test_a_rotation_without_one_of_its_guards_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None]
) -> None:
    take_away(monkeypatch)
    found, _ = explore(pairs_every=0, first=True)
    assert found
