"""Tests the pull request's comment against a server that answers as GitHub's REST API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools.delivery import changes, comment
from tools.delivery.errors import DeliveryError

PERSON = {"type": "User"}


class GitHub(BaseHTTPRequestHandler):
    """Comments of pull request 7."""

    comments: list[dict[str, Any]]
    asked: list[str]

    def do_GET(self) -> None:
        page = int(self.path.rpartition("=")[2])
        self._answer(self.comments[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        number = len(self.comments)
        host = f"http://{self.headers['host']}"
        url = f"{host}/repos/o/r/issues/comments/{number}"
        self.comments.append({"url": url, "body": self._body(), "user": {"type": "Bot"}})
        self._answer({}, 201)

    def do_PATCH(self) -> None:
        self.comments[int(self.path.rpartition("/")[2])]["body"] = self._body()
        self._answer({})

    def _body(self) -> str:
        assert self.headers["authorization"] == "Bearer secret"
        return str(json.loads(self.rfile.read(int(self.headers["content-length"])))["body"])

    def _answer(self, value: Any, status: int = 200) -> None:
        self.asked.append(self.command)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[GitHub]]:
    kind = type("Server", (GitHub,), {"comments": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    for name, value in {
        "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
        "GITHUB_TOKEN": "secret",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
    }.items():
        monkeypatch.setenv(name, value)
    yield kind
    server.shutdown()


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
