"""Tests the deployed API over HTTP, from a caller's side."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.cloud import Cloud, wait_for

LABELS = {"Business", "Entertainment", "Health", "Science"}
HEADLINE = "Central bank raises interest rates as inflation worries investors"


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an error as the contract writes it: RFC 9457, with a request id."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"] and body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return body


def test_one_text(deployed: Cloud) -> None:
    with deployed.api() as api:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert set(body["labels"]) == LABELS
    assert body["predicted_label"] == "Business"
    [probabilities] = body["probabilities"]
    assert sum(probabilities) == pytest.approx(1, abs=1e-3)
    assert body["labels"][probabilities.index(max(probabilities))] == body["predicted_label"]
    assert body["model_version"] == answer.headers["x-model-version"] == deployed.status()["model_version"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["latency_ms"] > 0


def test_the_headline_form_is_the_same_question(deployed: Cloud) -> None:
    with deployed.api() as api:
        one = api.post("v1/classify", json={"inputs": HEADLINE}).json()
        other = api.post("v1/classify", json={"headline": HEADLINE}).json()
    assert other["probabilities"][0] == pytest.approx(one["probabilities"][0], abs=1e-3)


def test_a_list_keeps_its_order(deployed: Cloud) -> None:
    texts = [
        HEADLINE,
        "Doctors report new vaccine trial against the flu",
        "Film festival opens with a star-studded premiere",
    ] * 8
    with deployed.api() as api:
        listed = api.post("v1/classify", json={"inputs": texts}).json()["predictions"]
        single = [api.post("v1/classify", json={"inputs": text}).json()["predicted_label"] for text in texts[:3]]
    assert [prediction["predicted_label"] for prediction in listed] == single * 8


def test_the_most_probable_labels_and_whether_the_first_is_certain(deployed: Cloud) -> None:
    with deployed.api() as api:
        whole = api.post("v1/classify", json={"inputs": HEADLINE}).json()
        body = api.post("v1/classify", json={"inputs": HEADLINE, "top_k": 2, "threshold": 1}).json()
        assert (body["labels"][0], body["labels_omitted"]) == (body["predicted_label"], 2)
        assert body["probabilities"][0] == pytest.approx(sorted(whole["probabilities"][0])[:1:-1], abs=1e-3)
        assert (body["uncertain"], body["threshold"]) == (True, 1)
        [logged] = api.get(f"v1/requests/{body['request_id']}").json()["texts"]
        assert set(logged["labels"]) == LABELS and sum(logged["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert (logged["uncertain"], logged["threshold"]) == (True, 1)
        # The indexes are behind the table by about a second on AWS.
        wait_for("the uncertain answer in the statistics", lambda: api.get("v1/stats").json()["uncertain"], timeout=20)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"inputs": "caf\xe9"}', "application/json", 400),
        (b'{"inputs": "x"}', "text/plain", 415),
        (b'{"inputs": ""}', "application/json", 422),
        (b'{"inputs": []}', "application/json", 422),
        (b'{"inputs": 7}', "application/json", 422),
        (b'{"other": "x"}', "application/json", 422),
        (b'{"inputs": "x", "top_k": 1}', "application/json", 422),
        (b'{"inputs": "x", "threshold": 60}', "application/json", 422),
        (json.dumps({"inputs": "x" * 2001}).encode(), "application/json", 422),
        (json.dumps({"inputs": ["x"] * 65}).encode(), "application/json", 422),
        (json.dumps({"inputs": "x" * 2_000_000}).encode(), "application/json", 413),
    ],
)
def test_bad_input_is_refused_with_what_to_fix(deployed: Cloud, body: bytes, content_type: str, status: int) -> None:
    with deployed.api() as api:
        problem(api.post("v1/classify", content=body, headers={"content-type": content_type}), status)


def test_no_key_and_a_mistyped_key_are_401(deployed: Cloud) -> None:
    good = deployed.status()["api_key"]
    mistyped = good[:-1] + ("a" if good[-1] != "a" else "b")
    for key in ("", "hello", mistyped):
        with deployed.api(key=key) as api:
            problem(api.post("v1/classify", json={"inputs": HEADLINE}), 401)


def test_a_revoked_key_stops_working(deployed: Cloud) -> None:
    made = json.loads(deployed.rubric("keys", "create", "--name", "short-lived", "--json").stdout)
    deployed.rubric("keys", "revoke", made["key_id"])
    with deployed.api(key=made["key"]) as api:
        problem(api.post("v1/classify", json={"inputs": HEADLINE}), 403)


def test_an_unknown_path_and_a_wrong_method(deployed: Cloud) -> None:
    with deployed.api() as api:
        problem(api.get("v1/nothing"), 404)
        assert api.get("v1/classify").status_code in (404, 405)


def test_the_model_is_described_with_its_evaluation(deployed: Cloud) -> None:
    with deployed.api() as api:
        answer = api.get("v1/model")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body["labels"]) == LABELS
    assert body["model_version"] == deployed.status()["model_version"]
    assert 0.5 < body["evaluation"]["accuracy"] <= 1
    assert set(body["evaluation"]["per_class"]) == LABELS


def test_health_and_contract_and_page_need_no_key(deployed: Cloud) -> None:
    with deployed.api(key="") as api:
        assert api.get("health").json()["status"] == "ok"
        contract = api.get("openapi.json").json()
        assert contract["openapi"].startswith("3.1")
        assert {"/v1/classify", "/v1/model", "/health", "/openapi.json"} <= set(contract["paths"])
        page = api.get("")
        assert page.status_code == 200 and "text/html" in page.headers["content-type"]
        assert "default-src" in page.headers["content-security-policy"]


def test_a_browser_may_ask_first(deployed: Cloud) -> None:
    preflight = {
        "origin": "https://page.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-api-key,content-type",
    }
    with deployed.api(key="") as api:
        answer = api.options("v1/classify", headers=preflight)
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] in ("*", "https://page.example")
    assert "x-api-key" in answer.headers["access-control-allow-headers"].lower()


def test_each_text_is_in_the_request_log(deployed: Cloud) -> None:
    with deployed.api() as api:
        answer = api.post("v1/classify", json={"inputs": [HEADLINE, "Second text of the request"]}).json()
    table = deployed.outputs("Data")["RequestLogTableName"]
    items = deployed.client("dynamodb").query(
        TableName=table,
        KeyConditionExpression="request_id = :id",
        ExpressionAttributeValues={":id": {"S": answer["request_id"]}},
    )["Items"]
    assert [item["text"]["S"] for item in items] == [HEADLINE, "Second text of the request"]
    assert {item["model_version"]["S"] for item in items} == {answer["model_version"]}
    # What the model's container measured of each text, in word pieces or words.
    assert [int(item["length"]["N"]) > 0 for item in items] == [True, True]
    assert all(0 <= float(item["unseen_words"]["N"]) <= 1 for item in items)
    assert float(items[1]["unseen_words"]["N"]) > float(items[0]["unseen_words"]["N"])
    assert all(int(item["expires_at"]["N"]) > 0 and item["variant"]["S"] == "champion" for item in items)
    # The texts of a request lie in shards side by side, of the 16 that `data.write_rate: 1000` makes.
    shards = [int(item["day_shard"]["S"].split("#")[1]) for item in items]
    assert (shards[1] - shards[0]) % 16 == 1


def test_the_key_is_stored_as_a_hash_only(deployed: Cloud) -> None:
    key = deployed.status()["api_key"]
    stored = deployed.client("dynamodb").scan(TableName=deployed.outputs("Data")["ApiKeysTableName"])["Items"]
    assert stored
    assert key not in json.dumps(stored)


def test_requests_are_counted_where_the_alarms_look(deployed: Cloud) -> None:
    api_id = deployed.outputs("Api")["ApiId"]
    cloudwatch = deployed.client("cloudwatch")

    def dimensions(namespace: str) -> list[set[str]]:
        metrics = cloudwatch.list_metrics(Namespace=namespace)["Metrics"]
        return [{dimension["Value"] for dimension in metric["Dimensions"]} for metric in metrics]

    wait_for(
        "a metric of the API", lambda: any(api_id in values for values in dimensions("AWS/ApiGateway")), timeout=30
    )
    endpoint = deployed.outputs("Serving")["EndpointName"]
    assert any(endpoint in values for values in dimensions("AWS/SageMaker"))
    wait_for("the Lambda's own metrics", lambda: dimensions("Rubric"), timeout=30)
