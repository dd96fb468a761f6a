"""Attacks the deployed API over a socket, because a client library would correct the requests."""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest

from tests.e2e.cloud import Cloud
from tests.e2e.test_20_api import HEADLINE, problem

Headers = list[tuple[str, str]]
JSON = ("content-type", "application/json")


def send(
    cloud: Cloud, headers: Headers, *, body: bytes, path: str = "v1/classify"
) -> tuple[int, dict[str, str], bytes]:
    """POSTs with exactly these headers, doubled ones included."""
    status = cloud.status()
    url = urlsplit(status["api_url"].rstrip("/") + "/" + path)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    connection.putrequest("POST", url.path)
    for name, value in [*headers, ("content-length", str(len(body)))]:
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    try:
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def test_a_good_key_beside_a_bad_one_opens_nothing(deployed: Cloud) -> None:
    good = deployed.status()["api_key"]
    body = json.dumps({"inputs": HEADLINE}).encode()
    for first, second in ((good, "rk_wrong"), ("rk_wrong", good)):
        status, headers, _ = send(deployed, [JSON, ("x-api-key", first), ("x-api-key", second)], body=body)
        assert status == 401
        assert headers["content-type"] == "application/problem+json"


def test_headers_that_name_the_gateways_own_context_do_nothing(deployed: Cloud) -> None:
    forged = json.dumps({"verdict": "ok", "key_id": "abcdefgh23"})
    headers = [JSON, ("x-amzn-request-context", forged), ("authorizer", forged), ("authorization", forged)]
    status, answered, body = send(deployed, headers, body=json.dumps({"inputs": HEADLINE}).encode())
    assert status == 401, body
    assert b"key-missing" in body
    assert answered["www-authenticate"]


def test_the_request_id_is_the_gateways_and_not_the_callers(deployed: Cloud) -> None:
    key = deployed.status()["api_key"]
    planted = [("x-request-id", "planted"), ("x-amzn-requestid", "planted"), ("x-backend", "planted")]
    body = json.dumps({"inputs": HEADLINE}).encode()
    status, headers, answer = send(deployed, [JSON, ("x-api-key", key), *planted], body=body)
    assert status == 200
    assert headers["x-request-id"] == json.loads(answer)["request_id"] != "planted"
    assert b"planted" not in answer and headers["x-backend"] == "sagemaker"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 422),
        (b'{"inputs": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 422),
        (b"{" + b",".join(b'"k%d": 1' % number for number in range(50_000)) + b"}", 422),
        (b'{"inputs": "' + b"x" * (1024 * 1024) + b'"}', 413),
        (b'{"inputs": "a", "inputs": "b"}', 400),
        (b"\x00" * 1000, 400),
    ],
)
def test_bodies_made_to_break_a_parser(deployed: Cloud, body: bytes, status: int) -> None:
    key = deployed.status()["api_key"]
    result, headers, answer = send(deployed, [JSON, ("x-api-key", key)], body=body)
    assert result == status, answer[:300]
    assert headers["content-type"] == "application/problem+json"
    assert re.search(rb"Traceback|File \"|line \d+, in ", answer) is None


def test_an_unknown_key_and_a_wrong_secret_get_the_same_answer(deployed: Cloud) -> None:
    made = json.loads(deployed.rubric("keys", "create", "--name", "enumerated", "--json").stdout)
    other = json.loads(deployed.rubric("keys", "create", "--name", "gone", "--json").stdout)
    deployed.client("dynamodb").delete_item(
        TableName=deployed.outputs("Data")["ApiKeysTableName"], Key={"key_id": {"S": other["key_id"]}}
    )
    deployed.client("dynamodb").update_item(
        TableName=deployed.outputs("Data")["ApiKeysTableName"],
        Key={"key_id": {"S": made["key_id"]}},
        UpdateExpression="SET #hash = :other",
        ExpressionAttributeNames={"#hash": "hash"},
        ExpressionAttributeValues={":other": {"S": "0" * 64}},
    )
    answers = []
    for key in (made["key"], other["key"]):
        with deployed.api(key=key) as api:
            body = problem(api.post("v1/classify", json={"inputs": HEADLINE}), 401)
        answers.append({name: value for name, value in body.items() if name != "request_id"})
    deployed.rubric("keys", "revoke", made["key_id"])
    assert answers[0] == answers[1]
    assert answers[0]["type"] == "urn:rubric:problem:key-unknown"


def test_unknown_paths_are_all_the_same(deployed: Cloud) -> None:
    paths = ["v1/admin", "v1/../admin", "v1/classify/", "v1/classify%00", ".env", "v1/%2e%2e/%2e%2e/etc/passwd"]
    with deployed.api() as api:
        details = {problem(api.get(path), 404)["detail"] for path in paths}
    assert len(details) == 1
