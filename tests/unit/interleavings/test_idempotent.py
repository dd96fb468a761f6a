"""Tests requests with one idempotency key, with one or two failures before their calls.

While the table answers, only one request at a time does the work, and the others get its answer. Even if the table
fails, a kept answer stays, and a killed request delays the others by a minute at most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.common.api import idempotency
from lambda_src.common.api.idempotency import Answers
from tests.unit.interleavings.worlds.idempotent import explore


def test_whatever_goes_wrong_the_answer_that_is_kept_is_given_again() -> None:
    found, runs = explore(pairs_every=17)
    assert found == []
    assert runs > 150


# Each of these removes a guard, and the test must find the fault.


def _whoever_ends_keeps_its_answer(patch: pytest.MonkeyPatch) -> None:
    _without_condition(patch, "finish", "put_item")


def _whoever_fails_frees_the_key(patch: pytest.MonkeyPatch) -> None:
    _without_condition(patch, "give_up", "delete_item")


def _without_condition(patch: pytest.MonkeyPatch, method: str, operation: str) -> None:
    real = getattr(Answers, method)

    def unconditional(self: Answers, *arguments: Any, **named: Any) -> None:
        client = self._dynamodb
        names = ("ConditionExpression", "ExpressionAttributeValues")

        class Plain:
            def __getattr__(self, name: str) -> Any:
                call = getattr(client, name)
                if name != operation:
                    return call
                return lambda **asked: call(**{key: value for key, value in asked.items() if key not in names})

        self._dynamodb = Plain()
        try:
            real(self, *arguments, **named)
        finally:
            self._dynamodb = client

    patch.setattr(Answers, method, unconditional)


def _nobody_takes_the_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Answers, "begin", lambda self, answer_id, **_: None)


def _what_failed_keeps_the_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(idempotency, "_OPEN_SECONDS", 10_000)


def _a_request_does_not_know_its_own(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(idempotency, "_kept", lambda item: idempotency.Kept("", None, "another"))


@pytest.mark.parametrize(
    "take_away",
    [
        _whoever_ends_keeps_its_answer,
        _whoever_fails_frees_the_key,
        _nobody_takes_the_key,
        _what_failed_keeps_the_key,
        _a_request_does_not_know_its_own,
    ],
)
def test_without_one_of_its_guards_it_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None]
) -> None:
    take_away(monkeypatch)
    found, _ = explore(pairs_every=5, first=True)
    assert found
