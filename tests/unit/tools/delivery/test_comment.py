"""Tests the pull request's comment against a server that answers as GitHub's REST API does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tools.delivery.github import GitHub, served, variables
from tools.delivery import changes, comment
from tools.delivery.errors import DeliveryError

PERSON = {"type": "User"}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[GitHub]]:
    with served() as (kind, url):
        for name, value in variables(url, tmp_path).items():
            monkeypatch.setenv(name, value)
        yield kind


def test_a_later_push_replaces_the_comment(github: type[GitHub]) -> None:
    github.comments += [{"url": "nowhere", "body": f"a person's {number}", "user": PERSON} for number in range(100)]
    assert comment.post("<!-- ours -->\nfirst") == "The comment is written."
    assert comment.post("<!-- ours -->\nsecond") == "The comment is replaced."
    assert [each["body"] for each in github.comments[100:]] == ["<!-- ours -->\nsecond"]
    assert github.asked == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


def test_a_persons_comment_with_the_mark_is_left_alone(github: type[GitHub]) -> None:
    """Who wrote it could change afterwards what a reviewer reads."""
    github.comments.append({"url": "nowhere", "body": "<!-- ours -->\nnothing widens", "user": PERSON})
    assert comment.post("<!-- ours -->\na permission widens") == "The comment is written."
    assert [each["user"]["type"] for each in github.comments] == ["User", "Bot"]


def test_outside_a_workflow_one_sentence_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(DeliveryError, match="GITHUB_TOKEN"):
        comment.post("<!-- ours -->")


def test_without_changes_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="make delivery-changes"):
        changes.all_of(tmp_path)
