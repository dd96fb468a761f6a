"""rubric load: steps and knee, what is said before it starts, and real Locust against a small server."""

import json
import os
import re
import signal
import subprocess
import sys
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

from environments.settings import load as load_settings
from ops.commands.load import seconds_of
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.load import cost, findings, locust_process, page_guard, report, texts
from ops.load.locust_process import Outcome
from ops.load.plan import Plan
from ops.load.steps import Step, knee, measured, next_users, planned, reasons, verdict
from tests.unit.ops.conftest import ROOT, deployed, run
from tests.unit.ops.monitoring.test_status import make_endpoint
from tools.ports import free_port

TITLES = {429: "Too many requests", 503: "The model is not available"}


def step(users: int, *, per_second: float, p95: float | None = 20.0, failed: int = 0) -> Step:
    errors = {"429 Too many requests": failed} if failed else {}
    return Step(users=users, seconds=10, answered=int(per_second * 10), p50_ms=10, p95_ms=p95, p99_ms=30, errors=errors)


def ramp(capacity: float, *, users: int = 50, p95_ms: float = 500, seconds_each: float = 0.01) -> list[Step]:
    """The steps of a ramp on a server that answers `capacity` requests a second, each in `seconds_each` when idle."""
    steps: list[Step] = []
    while (count := next_users(steps, users=users, p95_ms=p95_ms, ramp=True)) is not None:
        rate = min(capacity, count / seconds_each)
        steps.append(step(count, per_second=rate, p95=1000 * count / rate))
    return steps


def test_a_ramp_doubles_until_the_limit_is_passed_and_then_looks_between():
    steps = ramp(800, p95_ms=12)
    assert [each.users for each in steps] == [1, 2, 4, 8, 16, 11, 9]
    best = knee(steps, p95_ms=12)
    assert best is not None and best.users == 8 and best.throughput == 800  # 9 get no more, and wait longer
    assert verdict(steps, p95_ms=12, users=50) == "With 11 users the 95th percentile is 14 ms, over 12 ms."


def test_a_ramp_ends_when_more_users_bring_no_more():
    steps = ramp(400, users=1000, p95_ms=5000)
    assert [each.users for each in steps] == [1, 2, 4, 8, 16]
    assert verdict(steps, p95_ms=5000, users=1000) == "More users bring no more throughput: it is saturated."


def test_a_ramp_that_finds_no_limit_ends_at_the_last_user_and_says_so():
    steps = ramp(1e6, users=50)
    assert [each.users for each in steps] == [1, 2, 4, 8, 16, 32, 50]
    assert "not saturated by 50 users: raise --users" in verdict(steps, p95_ms=500, users=50)


@pytest.mark.parametrize("users", [1, 2, 3, 50, 64, 1000])
@pytest.mark.parametrize("capacity", [0.5, 30, 1e6])
def test_a_ramp_never_takes_more_steps_than_planned(users, capacity):
    assert 1 <= len(ramp(capacity, users=users)) <= planned(users, ramp=True)


def test_a_ramp_ends_at_once_when_one_user_is_too_many():
    assert [each.users for each in ramp(1, p95_ms=500)] == [1]


def test_a_steady_load_is_one_step():
    assert next_users([], users=8, p95_ms=500, ramp=False) == 8
    assert next_users([step(8, per_second=1)], users=8, p95_ms=500, ramp=False) is None


def test_the_knee_is_the_most_within_the_limits():
    steps = [
        step(1, per_second=50),
        step(2, per_second=98),
        step(4, per_second=99),
        step(8, per_second=150, failed=30),
        step(16, per_second=160, p95=501),
    ]
    best = knee(steps, p95_ms=500)
    assert best is not None and best.users == 2
    assert knee([step(1, per_second=5, p95=501), step(1, per_second=0, p95=None, failed=3)], p95_ms=500) is None
    said = verdict(steps[:4], p95_ms=500, users=50)
    assert said == "With 8 users 2.0% of the requests fail: 429 Too many requests (30)."


def test_percentiles_are_of_what_was_answered():
    times = list(range(100, 0, -1))
    got = measured(users=3, seconds=4, times=times, errors={"503": 25}, cpu=0.2)
    assert (got.p50_ms, got.p95_ms, got.p99_ms, got.throughput, got.error_share) == (50, 95, 99, 25, 0.2)
    stuck = measured(users=3, seconds=4, times=times, errors={}, cpu=0.2, waiting=[4000.0] * 10)
    assert stuck.answered == 100 and stuck.p50_ms == 55 and stuck.p95_ms == 4000
    nothing = measured(users=3, seconds=4, times=[], errors={"503": 2}, cpu=0.2)
    assert nothing.p95_ms is None and nothing.error_share == 1 and reasons(nothing) == "503 (2)"


def plan(**changes: object) -> Plan:
    values = {
        "host": "h",
        "path": "/p",
        "texts": "",
        "users": 50,
        "seconds": 60,
        "p95_ms": 500,
        "result": "",
        "report": "",
    }
    return Plan(**{**values, **changes})  # type: ignore[arg-type]


def test_the_findings_derive_the_scaling_target_and_warn_of_a_busy_generator():
    busy = Step(users=4, seconds=10, answered=2000, p50_ms=1, p95_ms=2, p99_ms=3, generator_cpu=0.97)
    said = " ".join(findings.sentences(Outcome([busy]), plan(), instances=2))
    assert "200.0 requests a second with 4 users, 95 of 100 within 2 ms" in said
    assert "serving.target_invocations_per_instance: 3000" in said  # 200 * 60 * 0.5 / 2
    assert "From 4 users on the load generator took 97% of a core" in said
    said = " ".join(findings.sentences(Outcome([busy]), plan(texts_per_request=8), instances=None))
    assert "1600 texts a second" in said and "target_invocations" not in said


def test_the_report_marks_the_knee_and_escapes_what_it_is_told():
    steps = [step(2, per_second=9), step(1, per_second=5)]
    page = report.with_steps(
        '<script>"<body>"</script><div id="root"></div>', title="a<b", sentences=["x & y"], steps=steps, knee=steps[0]
    )
    assert page.startswith('<script>"<body>"</script><style>') and page.endswith('</section><div id="root"></div>')
    assert "a&lt;b" in page and "x &amp; y" in page
    assert page.index("<td>1</td>") < page.index('<tr class="knee"><td>2</td>')
    assert report.with_steps("", title="t", sentences=[], steps=[], knee=None).startswith("<!doctype html>")


def test_generated_texts_repeat_and_have_many_lengths(tmp_path):
    sent = texts.generated(tmp_path, rows=300)
    assert sent == texts.generated(tmp_path, rows=300) and len(sent) == 300
    words = sorted(len(text.split()) for text in sent)
    assert words[0] < 8 and words[-1] > 60 and max(map(len, sent)) < texts.LONGEST


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\n \n", "has no text in it"), (b"ok\n" + b"x" * 2001, "text 2 has 2001 characters"), (b"\xff", "is not UTF-8")],
)
def test_a_file_of_texts_that_cannot_be_sent_is_refused(tmp_path, content, words):
    file = tmp_path / "texts.txt"
    file.write_bytes(content)
    with pytest.raises(OpsError, match=words):
        texts.from_file(file)
    file.write_text("one\n\n two \n")
    assert texts.from_file(file) == ["one", "two"]


@pytest.mark.parametrize(("given", "seconds"), [("90s", 90), ("2m", 120), ("1h", 3600), ("45", 45)])
def test_durations(given, seconds):
    assert seconds_of(given) == seconds


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--duration", "soon"], "give a time such as 90s"),
        (["--duration", "10s"], "too short for the steps to 50 users: give 18s or more"),
        (["--report", "/nowhere/load.html"], "there is no folder /nowhere"),
        ([], "Add --yes to continue"),
    ],
)
def test_what_cannot_start_is_refused_before_anything_is_made(cloud, capsys, arguments, words):
    assert run("load", *arguments) == 2
    assert words in capsys.readouterr().err
    assert boto3.client("dynamodb").scan(TableName="keys")["Items"] == []


def test_the_warning_says_what_it_costs_at_most():
    dev = load_settings("dev", root=ROOT)
    said = cost.warning(dev, through_api=True, seconds=600)
    assert "at most 12,040 requests through, about 0.08 USD" in said and "10 % of the requests are captured" in said
    prod = load_settings("prod", root=ROOT)
    assert "may scale from 2 to 6 × ml.c7i.xlarge" in cost.warning(prod, through_api=False, seconds=60)


class Server:
    """Answers every request like the API or the endpoint; `limit` requests at a time, what is more with `refusal`."""

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
    thread = threading.Thread(target=served.httpd.serve_forever)
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
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert [each["users"] for each in result["steps"]] == [1, 2]
    assert result["knee"]["users"] == 1 and result["knee"]["errors"] == {}
    assert result["steps"][1]["errors"].keys() == {"429 Too many requests"}
    assert "fail: 429 Too many requests" in " ".join(result["findings"])
    [item] = boto3.client("dynamodb").scan(TableName="keys")["Items"]
    assert item["revoked"]["BOOL"] is True and f"API key {item['key_id']['S']} is revoked." in said.err
    assert "20 requests a second from all callers together" in said.err and "costs money" in said.err
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


@pytest.mark.parametrize("own", [{}, {"Origin": "http://localhost:8089"}, {"Sec-Fetch-Site": "same-origin"}])
def test_locusts_own_page_may_ask(own):
    assert page_guard.refusal({"Host": "localhost:8089", **own}, port=8089) is None


def test_the_web_page_is_there_until_ctrl_c_which_writes_the_report(cloud, server, tmp_path, capsys):
    port = free_port()
    pages: list[str] = []
    refused: list[int] = []

    def look_and_end() -> None:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    pages.append(answer.read().decode())
                refused.extend(status_of(f"http://127.0.0.1:{port}/stats/requests", headers) for headers in FOREIGN)
                break
            except OSError:
                time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=look_and_end)
    thread.start()
    page = tmp_path / "load.html"
    assert run("load", "--web", "--web-port", str(port), "--yes", "--report", str(page)) == 0
    thread.join()
    assert refused == [403] * len(FOREIGN), "another site's page gets no answer"
    assert "Locust" in pages[0] and "templateArgs" in page.read_text(encoding="utf-8")
    assert f"http://127.0.0.1:{port}" in capsys.readouterr().err


def test_a_second_interrupt_ends_it_at_once():
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True); time.sleep(60)"
    )
    before = signal.getsignal(signal.SIGINT)
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True)
    with locust_process.Interrupts() as interrupts:
        for line in locust_process._lines(process, interrupts):
            assert line == "ready\n"
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
    assert process.wait() == -signal.SIGKILL
    assert interrupts.count == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_locust_that_cannot_start_says_why(cloud, server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ops.load.locust_process.LOCUSTFILE", tmp_path / "missing.py")
    assert run("load", "--steady", "--users", "1", "--duration", "2s", "--yes", "--report", str(tmp_path / "x")) == 1
    assert "Locust ended with status 1" in capsys.readouterr().err
    assert boto3.client("dynamodb").scan(TableName="keys")["Items"][0]["revoked"]["BOOL"] is True
