"""A transaction's outcome: done, refused by its condition, busy, or our own fault."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src.common import aws, ledger, storage


class Client:
    """Cancels as many transactions as there are lists of reasons."""

    def __init__(self, *reasons: list[dict[str, Any]]) -> None:
        self.reasons = list(reasons)
        self.calls = 0

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:
        self.calls += 1
        if self.reasons:
            answer = {"Error": {"Code": "TransactionCanceledException", "Message": "cancelled"}}
            raise ClientError({**answer, "CancellationReasons": self.reasons.pop(0)}, "TransactWriteItems")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_PAUSES", (0.0, 0.0, 0.0))


def reasons(*codes: str) -> list[dict[str, Any]]:
    return [{"Code": code} for code in codes]


def test_a_condition_that_is_not_met_gives_the_item_that_is_there() -> None:
    met: list[dict[str, Any]] = [
        {"Code": "ConditionalCheckFailed", "Item": {"label": {"S": "Health"}}},
        {"Code": "None"},
    ]
    assert ledger.transact(Client(met), []) == {"label": "Health"}
    assert ledger.transact(Client(reasons("ConditionalCheckFailed", "None")), []) == {}


def test_a_conflict_is_tried_again() -> None:
    client = Client(reasons("None", "TransactionConflict"), reasons("TransactionConflict", "None"))
    assert ledger.transact(client, []) is None and client.calls == 3


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_what_stays_busy_is_an_error_that_passes(code: str) -> None:
    with pytest.raises(ClientError) as raised:
        ledger.transact(Client(*[reasons("None", code)] * 3), [])
    assert aws.error_code(raised.value) in storage.PASSING


@pytest.mark.parametrize("codes", [("None", "ValidationError"), ("TransactionConflict", "ValidationError"), ()])
def test_our_own_fault_is_raised_at_once(codes: tuple[str, ...]) -> None:
    client = Client(reasons(*codes))
    with pytest.raises(ClientError) as raised:
        ledger.transact(client, [])
    assert aws.error_code(raised.value) == "TransactionCanceledException" and client.calls == 1
