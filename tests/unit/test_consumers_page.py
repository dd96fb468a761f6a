"""docs/consumers.md shows the programs beside it, which do what it describes; its tables match the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from environments.sections.api import Api
from environments.sections.data import Data
from lambda_src.common import problems
from lambda_src.common.api import http, idempotency, json_body, query
from lambda_src.request_log_api import listing, statistics

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "consumers.md").read_text("utf-8")
PROGRAMS = ROOT / "docs" / "examples"
LANGUAGES = {"classify.sh": "sh", "classify.py": "python", "classify.mjs": "js"}
NODE = ROOT / ".venv" / "bin" / "node"
COMMANDS = {"classify.sh": ["sh"], "classify.py": [sys.executable], "classify.mjs": [str(NODE)]}
CONTRACT: dict[str, Any] = yaml.safe_load((ROOT / "contracts" / "openapi.yaml").read_text("utf-8"))


# the programs


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_page_has_each_program_as_it_is(name: str) -> None:
    program = (PROGRAMS / name).read_text("utf-8")
    assert f"```{LANGUAGES[name]}\n{program}```\n" in PAGE


def test_there_is_no_other_program() -> None:
    assert {path.name for path in PROGRAMS.iterdir() if path.is_file()} == set(LANGUAGES)


class Flaky(ThreadingHTTPServer):
    """An API whose first answer is a 503; records its requests: (method, path, idempotency key, status)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, int]] = []
        super().__init__(("127.0.0.1", 0), Answering)


class Answering(BaseHTTPRequestHandler):
    server: Flaky

    def log_message(self, *args: Any) -> None: ...

    def do_GET(self) -> None:
        self.answer(200, {"request_id": "r=", "texts": [{}, {}, {}]})

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.server.asked:
            self.answer(503, {"type": "urn:rubric:problem:model-unavailable", "detail": "Not yet."})
        elif self.path == "/v1/feedback":
            self.answer(200, {"label": sent["label"], "correct": True})
        elif sent["inputs"]:
            # Like a foundation model's answer, without probabilities.
            one = {"predicted_label": "Health"}
            self.answer(200, {**one, "request_id": "r=", "predictions": [one] * 3})
        else:
            self.answer(422, {"type": "urn:rubric:problem:invalid-input", "detail": "`inputs` is an empty list."})

    def answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document, separators=(",", ":")).encode()
        self.server.asked.append((self.command, self.path, self.headers.get("idempotency-key", ""), status))
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if status == 503:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api() -> Iterator[Flaky]:
    server = Flaky()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_program_tries_again_as_the_same_request(api: Flaky, name: str) -> None:
    if name == "classify.sh" and shutil.which("curl") is None:
        pytest.skip("curl is not installed, so classify.sh is not tried")
    done = subprocess.run(
        [*COMMANDS[name], str(PROGRAMS / name)],
        env={**os.environ, "API_URL": f"http://127.0.0.1:{api.server_port}", "API_KEY": "rk_x", "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = [(method, path, status) for method, path, _, status in api.asked]
    assert steps == [
        ("POST", "/v1/classify", 503),
        ("POST", "/v1/classify", 200),
        ("POST", "/v1/feedback", 200),
        ("GET", "/v1/requests/r=", 200),
        ("POST", "/v1/classify", 422),
    ]
    keys = [key for _, _, key, _ in api.asked]
    assert keys[0] == keys[1] and len(set(keys)) == 4 and all(keys)
    assert "Health" in done.stdout and "Not yet" not in done.stdout
    assert "urn:rubric:problem:invalid-input" in done.stdout and "`inputs` is an empty list." in done.stdout


# the tables


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    lines = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    rows = list(takewhile(lambda line: line.startswith("|"), dropwhile(lambda line: not line.startswith("|"), lines)))
    assert len(rows) > 2
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_errors_are_the_catalogue() -> None:
    rows = [(int(status), slug.strip("`"), title) for status, slug, title, _, _ in table("Errors")]
    assert rows == [(kind.status, slug, kind.title) for slug, kind in problems.CATALOGUE.items()]


def test_what_the_table_says_to_retry_is_what_the_programs_retry() -> None:
    again = {int(row[0]) for row in table("Errors") if row[3].startswith("yes")}
    for name in ("classify.py", "classify.mjs"):
        listed = re.search(r"RETRIED = (?:new Set\(\[|\{)([\d, ]+)", (PROGRAMS / name).read_text("utf-8"))
        assert listed is not None
        assert {int(status) for status in listed[1].split(",")} == again


def schema(name: str) -> dict[str, Any]:
    return dict(CONTRACT["components"]["schemas"][name])


def parameter(path: str, name: str) -> dict[str, Any]:
    [found] = [one for one in CONTRACT["paths"][path]["get"]["parameters"] if one.get("name") == name]
    return dict(found["schema"])


def default(section: type[Api] | type[Data], name: str) -> int:
    return int(section.model_fields[name].default)


def limits() -> dict[str, str]:
    """Each limit from the contract, the code or the settings' defaults."""
    text, label, page = schema("Text"), schema("Label"), parameter("/v1/requests", "limit")
    top_k, threshold = schema("TopK"), schema("Threshold")
    key = CONTRACT["components"]["parameters"]["IdempotencyKey"]["schema"]
    return {
        "texts a call of `/v1/classify`": f"{schema('TextList')['maxItems']}",
        "characters a text": f"{text['minLength']} to {text['maxLength']:,}, not all blank",
        "labelled texts a call of `/v1/examples`": f"{schema('ExampleList')['properties']['examples']['maxItems']}",
        "characters a label": f"{label['minLength']} to {label['maxLength']}",
        "bytes a body": f"{json_body.MAX_BODY_BYTES:,}",
        "bytes an answer": f"about {http.MAX_RESPONSE_BYTES // 1_000_000 * 1_000_000:,}: with hundreds of long labels, "
        "set `top_k`",
        "`top_k`": f"{top_k['minimum']} to {top_k['maximum']:,}, else all labels (`api.top_k`)",
        "`threshold`": f"{threshold['minimum']} to {threshold['maximum']}, else none (`api.threshold`)",
        "characters a query string": f"{query.MAX_CHARACTERS:,}",
        "characters of an `idempotency-key`": f"{key['minLength']} to {key['maxLength']}",
        "hours that an answer is kept under it": f"{idempotency.KEPT_SECONDS // 3600}",
        "texts a page of `/v1/requests`": f"{page['minimum']} to {page['maximum']}, else {page['default']}",
        "texts that such a call reads": f"{listing.ROUNDS * listing.TEXTS_A_ROUND:,}",
        "days back that `/v1/stats` counts": f"{statistics.LONGEST.days}",
        "days that a request is kept": f"{default(Data, 'request_log_days')} (`data.request_log_days`)",
        "requests a second of all callers": f"{default(Api, 'throttle_rate')} (`api.throttle_rate`)",
        "requests at once above that": f"{default(Api, 'throttle_burst')} (`api.throttle_burst`)",
        "seconds until a revoked key stops": f"{default(Api, 'key_cache_seconds')} (`api.key_cache_seconds`)",
    }


def test_the_limits_are_the_contract_s_and_the_settings() -> None:
    assert {row[0]: row[1] for row in table("Limits")} == limits()


def test_the_page_names_the_contract_s_version() -> None:
    assert f"is its `info.version`, now {CONTRACT['info']['version']}." in PAGE
