"""A server that answers as GitHub's REST API does for the comments of a pull request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


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


@contextmanager
def served() -> Iterator[tuple[type[GitHub], str]]:
    """The server and its URL."""
    kind = type("Server", (GitHub,), {"comments": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kind, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def variables(url: str, folder: Path) -> dict[str, str]:
    """The environment of a workflow's job on pull request 7. folder: for the event's file."""
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    named = {"GITHUB_TOKEN": "secret", "GITHUB_REPOSITORY": "o/r"}
    return {**named, "GITHUB_API_URL": url, "GITHUB_EVENT_PATH": str(event)}
