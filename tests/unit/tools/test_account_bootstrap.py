"""Tests which commands bootstrap an account, and what is said where its stack is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools import account_bootstrap

STACK = {
    "Outputs": [
        {"OutputKey": "DiffRoleArn", "OutputValue": "arn:diff"},
        {"OutputKey": "BootstrapCommandUsEast1", "OutputValue": "npx cdk bootstrap aws://1/us-east-1 --policies a,b"},
        {"OutputKey": "BootstrapCommandEuWest1", "OutputValue": "npx cdk bootstrap aws://1/eu-west-1 --policies a,b"},
    ]
}
BOTH = [
    ["bootstrap", "aws://1/eu-west-1", "--policies", "a,b"],
    ["bootstrap", "aws://1/us-east-1", "--policies", "a,b"],
]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the CLI was asked for, in an account that has the stack."""
    asked: list[list[str]] = []

    class Delivered:
        region, stack_name = "us-east-1", "Rubric-Delivery"

    def run(words: list[str], *, cwd: Path) -> int:
        assert not (cwd / "cdk.json").exists()
        asked.append(words)
        return 0

    monkeypatch.setattr(account_bootstrap, "load", lambda *_, **__: Delivered())
    monkeypatch.setattr(account_bootstrap.boto3, "client", lambda *_, **__: None)
    monkeypatch.setattr(account_bootstrap.stacks, "described", lambda *_: STACK)
    monkeypatch.setattr(account_bootstrap.cdk, "run", run)
    return asked


def test_every_region_is_bootstrapped_as_the_stack_says(ran: list[list[str]]) -> None:
    assert account_bootstrap.main([]) == 0
    assert ran == BOTH


def test_without_the_stack_one_sentence_says_what_comes_first(
    ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(account_bootstrap.stacks, "described", lambda *_: None)
    assert (account_bootstrap.main([]), ran) == (1, [])
    assert "Rubric-Delivery is not deployed in us-east-1: make account-deploy first" in capsys.readouterr().err


def test_a_region_that_fails_ends_it(ran: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(words: list[str], **_: Any) -> int:
        ran.append(words)
        return 3

    monkeypatch.setattr(account_bootstrap.cdk, "run", fails)
    assert account_bootstrap.main([]) == 3
    assert ran == BOTH[:1]
