"""rubric status and rubric classify."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest

from ops.api import client
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from ops.errors import UNREACHABLE, OpsError
from ops.monitoring import status
from tests.unit.ops.conftest import register, run, serve

VERSION = "rubric-dev-20261120-000000-bbbb"


@pytest.fixture
def server():
    """An API that answers what the test says and keeps what it was asked; (url, answers, requests)."""
    answers: list[tuple[int, dict]] = []
    requests: list[tuple[str, dict, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            requests.append((self.path, dict(self.headers), body))
            status, answer = answers.pop(0)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", answers, requests
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def answer(*labels: str) -> dict:
    predictions = [
        {
            "predicted_label": label,
            "labels": ["Business", "Health"],
            "probabilities": [[0.2, 0.8]],
            "model_version": VERSION,
        }
        for label in labels
    ]
    return {"predictions": predictions, "model_version": VERSION, "latency_ms": 5.1, "request_id": "r1"}


def use_api(monkeypatch, url: str) -> None:
    stack = Stack("Rubric-dev-Api", "CREATE_COMPLETE", "", {"ApiUrl": url})
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={"Api": stack}))


def test_status_shows_what_serves_where_that_is_not_what_is_approved(cloud, monkeypatch, capsys):
    older = "rubric-dev-20261119-000000-aaaa"
    serve(VERSION)
    uri = f"s3://artifacts/models/{older}/output/model.tar.gz"
    monkeypatch.setattr("ops.models.promotions.serving_uri", lambda _: uri)
    assert run("status", "--json") == 0
    now = json.loads(capsys.readouterr().out)
    assert (now["model_version"], now["serving_version"], now["healthy"]) == (VERSION, older, False)
    assert run("status", "--check") == 1
    assert f"Serving   {older}, not the approved model" in capsys.readouterr().out


def test_classify_sends_texts_and_key_and_prints_a_table(aws, monkeypatch, server, capsys):
    url, answers, requests = server
    use_api(monkeypatch, url)
    answers.append((200, answer("Health", "Health")))
    assert run("classify", "one", "two", "--key", "rk_x") == 0
    path, headers, body = requests[0]
    assert path == "/v1/classify" and body == {"inputs": ["one", "two"]}
    assert {name.lower(): value for name, value in headers.items()}["x-api-key"] == "rk_x"
    printed = capsys.readouterr()
    assert "Health" in printed.out and "80.0%" in printed.out and "Business 20.0%" in printed.out
    assert VERSION in printed.err


def test_an_answer_without_probabilities_is_shown_without_them(aws, monkeypatch, server, capsys):
    url, answers, _ = server
    use_api(monkeypatch, url)
    given = answer("Health")
    del given["predictions"][0]["probabilities"]
    answers.append((200, given))
    assert run("classify", "one", "--key", "rk_x") == 0
    printed = capsys.readouterr()
    assert "Health" in printed.out and "%" not in printed.out


def test_classify_json_is_the_apis_answer(aws, monkeypatch, server, capsys):
    url, answers, _ = server
    use_api(monkeypatch, url)
    monkeypatch.setenv("RUBRIC_API_KEY", "rk_x")
    answers.append((200, answer("Health")))
    assert run("classify", "one", "--json") == 0
    assert json.loads(capsys.readouterr().out) == answer("Health")


def test_a_problem_is_told_in_the_apis_words(server):
    url, answers, _ = server
    answers.append((401, {"title": "The API key is not known", "detail": "Check it.", "request_id": "r9"}))
    with pytest.raises(OpsError) as caught:
        client.classify(url, key="rk_x", texts=["one"])
    assert str(caught.value) == "The API answered 401: The API key is not known Check it. (request r9)"


def test_an_api_that_does_not_answer_is_one_line():
    with pytest.raises(OpsError, match="does not answer") as caught:
        client.classify("http://127.0.0.1:9", key="rk_x", texts=["one"])
    assert caught.value.status == UNREACHABLE


def test_too_many_texts_are_refused_before_the_call():
    with pytest.raises(OpsError, match="Give 1 to 64 texts; these are 65"):
        client.classify("http://127.0.0.1:9", key="k", texts=["x"] * 65)


def test_classify_without_a_key_says_how_to_get_one(aws, capsys):
    assert run("classify", "one") == 1
    assert "rubric keys create" in capsys.readouterr().err


def make_endpoint() -> None:
    sagemaker = boto3.client("sagemaker")
    role = "arn:aws:iam::123456789012:role/x"
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "champion", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="rubric-dev", EndpointConfigName="c")


def ring(name: str) -> None:
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="m",
        Namespace="n",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Sum",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="two errors")


def test_status_of_a_healthy_environment(cloud, capsys):
    make_endpoint()
    register(VERSION, accuracy=0.92)
    serve(VERSION)
    assert run("status", "--json", "--check") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["healthy"] is True and printed["endpoint_status"] == "InService"
    assert printed["model_version"] == VERSION and printed["accuracy"] == 0.92 and printed["alarms"] == []
    assert run("status") == 0
    assert "none ringing" in capsys.readouterr().out


def test_a_ringing_alarm_is_shown_and_fails_the_check(cloud, capsys):
    make_endpoint()
    ring("Rubric-dev-Monitoring-Api5xx")
    ring("Rubric-prod-Monitoring-Api5xx")
    assert run("status", "--check") == 1
    printed = capsys.readouterr().out
    assert "Rubric-dev-Monitoring-Api5xx: two errors" in printed and "prod" not in printed


def test_a_missing_endpoint_and_an_unregistered_model_are_said(cloud):
    serve(VERSION)
    now = status.read(cloud)
    assert now.endpoint_status == "missing" and now.model_version == VERSION
    assert now.accuracy is None and not now.healthy
