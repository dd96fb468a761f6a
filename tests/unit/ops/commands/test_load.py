"""Tests rubric load: its output before the start, and real Locust against a small server."""

import json
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from environments.settings import load
from ops.deployment.cloud import Cloud
from ops.load import target
from tests.unit.ops.conftest import ROOT, deployed, make_endpoint, run
from tools.common.ports import free_port

TITLES = {429: "Too many requests", 503: "The model is not available"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--duration", "soon"], "is not a valid duration"),
        (["--duration", "10s"], "too short for the steps to 50 users: it takes 18s or more"),
        (["--report", "/nowhere/load.html"], "there is no folder /nowhere"),
        ([], "add --yes to continue"),
    ],
)
def test_what_cannot_start_is_refused_before_anything_is_made(cloud, capsys, arguments, words):
    assert run("load", *arguments) == 2
    assert words in capsys.readouterr().err
    assert boto3.client("dynamodb").scan(TableName="keys")["Items"] == []


class Server:
    """Answers every request like the API or the endpoint: `limit` requests at a time, and others with `refusal`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.limit, self.refusal = 1000, 429
        self._now, self._lock = 0, threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        with self._lock:
            self._now += 1
            status = 200 if self._now <= self.limit else self.refusal
            self.seen.append((request.path, {k.lower(): v for k, v in request.headers.items()}, body))
        time.sleep(0.005)
        with self._lock:
            self._now -= 1
        one = {"predicted_label": "Health", "labels": ["Health"], "probabilities": [[1.0]], "model_version": "v"}
        answer = {**one, "predictions": [one]} if status == 200 else {"title": TITLES[status]}
        sent = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("content-length", str(len(sent)))
        request.send_header("retry-after", "0.01")
        request.end_headers()
        request.wfile.write(sent)


@pytest.fixture
def server(monkeypatch):
    served = Server()
    thread = threading.Thread(target=served.httpd.serve_forever, daemon=True)
    thread.start()
    stacks = deployed()
    stacks.by_part["Api"].outputs["ApiUrl"] = served.url
    monkeypatch.setattr(Cloud, "stacks", stacks)
    yield served
    served.httpd.shutdown()
    thread.join()
    served.httpd.server_close()


def test_locust_loads_the_api_with_a_key_of_its_own_until_it_refuses(cloud, server, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(Cloud, "stacks", Cloud.stacks)
    page = tmp_path / "load.html"
    server.limit = 1
    assert run("load", "--users", "2", "--duration", "8s", "--yes", "--json", "--report", str(page)) == 0
    output = capsys.readouterr()
    result = json.loads(output.out)
    assert [each["users"] for each in result["steps"]] == [1, 2]
    assert result["knee"]["users"] == 1 and result["knee"]["errors"] == {}
    assert result["steps"][1]["errors"].keys() == {"429 Too many requests"}
    assert "fail: 429 Too many requests" in " ".join(result["findings"])
    [item] = boto3.client("dynamodb").scan(TableName="keys")["Items"]
    assert item["revoked"]["BOOL"] is True and f"API key {item['key_id']['S']} is revoked." in output.err
    assert "20 requests a second from all callers together" in output.err and "costs money" in output.err
    keys = {headers["x-api-key"] for _, headers, _ in server.seen}
    assert {path for path, _, _ in server.seen} == {"/v1/classify"} and len(keys) == 1
    assert len({body for _, _, body in server.seen[1:]}) > 20
    written = page.read_text(encoding="utf-8")
    assert '<tr class="knee"><td>1</td>' in written and "templateArgs" in written and keys.pop() not in written


def test_locust_signs_requests_to_the_endpoint_and_a_failure_is_told(cloud, server, monkeypatch, tmp_path, capsys):
    make_endpoint()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", server.url)
    run_options = ["--steady", "--users", "3", "--duration", "2s", "--texts", "2", "--yes"]
    server.limit, server.refusal = 1, 503
    assert run("load", "--target", "endpoint", *run_options, "--report", str(tmp_path / "load.html")) == 1
    printed = capsys.readouterr()
    assert "503 The model is not available" in (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "No step kept 95 of 100 requests within 500 ms" in printed.out and "<- knee" not in printed.out
    assert "signed with your AWS credentials" in printed.err
    path, headers, body = server.seen[-1]
    assert path == "/endpoints/rubric-dev/invocations" and len(json.loads(body)["inputs"]) == 2
    assert headers["authorization"] == signed_again(server.url + path, headers, body)


@pytest.fixture
def asleep(cloud, server, monkeypatch):
    """The model is an inference component, which has its endpoint's name."""
    make_endpoint()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", server.url)
    settings = load("dev", root=ROOT)
    serving = settings.serving.model_copy(update={"min_instances": 0})
    monkeypatch.setattr(Cloud, "settings", settings.model_copy(update={"serving": serving}))


def test_a_load_asks_an_inference_component_by_its_name(asleep, cloud, server):
    with target.the_endpoint(cloud) as chosen:
        assert chosen.headers["x-amzn-sagemaker-inference-component"] == "rubric-dev"
    [(path, headers, _)] = server.seen
    assert path == "/endpoints/rubric-dev/invocations"
    assert headers["x-amzn-sagemaker-inference-component"] == "rubric-dev"


def test_a_load_does_not_begin_on_a_model_that_sleeps(asleep, monkeypatch, capsys):
    class Runtime:
        def invoke_endpoint(self, **_):
            message = "Inference Component has no capacity to process this request."
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "InvokeEndpoint")

    real = Cloud.client
    monkeypatch.setattr(
        Cloud, "client", lambda self, name: Runtime() if name == "sagemaker-runtime" else real(self, name)
    )
    assert run("load", "--target", "endpoint", "--yes") == 1
    assert "rubric-dev is asleep: wake it with `rubric wake`, then start the load" in capsys.readouterr().err


def signed_again(url: str, headers: dict[str, str], body: bytes) -> str:
    """The Authorization header that AWS works out from a request as it arrived."""
    names = re.search(r"SignedHeaders=([^,]+)", headers["authorization"])
    assert names and {"host", "x-amz-date", "content-type"} <= set(names[1].split(";"))
    request = AWSRequest("POST", url, headers={name: headers[name] for name in names[1].split(";")}, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(
        Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]), "sagemaker", "us-east-1"
    )
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names[1]}, Signature={signature}"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "rebound.example:8089"},
]


def status_of(url: str, headers: dict[str, str]) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_web_page_is_there_until_ctrl_c_which_writes_the_report(cloud, server, tmp_path, capsys):
    port = free_port()
    pages: list[str] = []
    refused: list[int] = []

    def look_and_end() -> None:
        try:
            for _ in range(300):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                        pages.append(answer.read().decode())
                    refused.extend(status_of(f"http://127.0.0.1:{port}/stats/requests", headers) for headers in FOREIGN)
                    break
                except OSError:
                    time.sleep(0.1)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=look_and_end, daemon=True)
    thread.start()
    page = tmp_path / "load.html"
    assert run("load", "--web", "--web-port", str(port), "--yes", "--report", str(page)) == 0
    thread.join()
    assert refused == [403] * len(FOREIGN), "another site's page gets no answer"
    assert "Locust" in pages[0] and "templateArgs" in page.read_text(encoding="utf-8")
    assert f"http://127.0.0.1:{port}" in capsys.readouterr().err


def test_locust_that_cannot_start_says_why(cloud, server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ops.load.locust_process.LOCUSTFILE", tmp_path / "missing.py")
    assert run("load", "--steady", "--users", "1", "--duration", "2s", "--yes", "--report", str(tmp_path / "x")) == 1
    assert "Locust ended with status 1" in capsys.readouterr().err
    assert boto3.client("dynamodb").scan(TableName="keys")["Items"][0]["revoked"]["BOOL"] is True
