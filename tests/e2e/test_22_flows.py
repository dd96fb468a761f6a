"""Tests sequences of a caller's requests: classify, read back, correct, count, teach; retries and pages."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_20_api import HEADLINE, problem


def walk(api: httpx.Client, **parameters: Any) -> list[tuple[str, int]]:
    """Every text of a list, page by page."""
    result: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = api.get("v1/requests", params={**parameters, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        result += [(text["request_id"], text["position"]) for text in page["texts"]]
        if page["next_cursor"] is None:
            return result
        cursor = {"cursor": page["next_cursor"]}


def test_from_a_classification_to_its_share_in_the_statistics(deployed: Cloud) -> None:
    with deployed.api() as api:
        before = api.get("v1/stats").json()["feedback"]
        made = api.post("v1/classify", json={"inputs": [HEADLINE, "Second text"]}).json()
        request_id = made["request_id"]
        result = api.get(f"v1/requests/{request_id}")
        assert [text["text"] for text in result.json()["texts"]] == [HEADLINE, "Second text"]
        assert result.headers["x-model-version"] == made["model_version"]
        right = made["predictions"][0]["predicted_label"]
        wrong = next(label for label in made["predictions"][0]["labels"] if label != right)
        first = api.post("v1/feedback", json={"request_id": request_id, "label": wrong}).json()
        assert (first["predicted_label"], first["correct"], first["replaced"]) == (right, False, None)
        assert api.post("v1/feedback", json={"request_id": request_id, "label": wrong}).json() == first
        changed = api.post("v1/feedback", json={"request_id": request_id, "label": right}).json()
        assert (changed["correct"], changed["replaced"]) == (True, wrong)
        refused = api.post("v1/feedback", json={"request_id": request_id, "label": "No such"})
        assert f"`{right}`" in problem(refused, 422)["detail"]
        assert refused.headers["x-model-version"] == made["model_version"]

        def counted() -> bool:
            now = api.get("v1/stats").json()["feedback"]
            return bool(now["texts"] == before["texts"] + 1 and now["correct"] == before["correct"] + 1)

        wait_for("the feedback in the statistics", counted, timeout=10)


def test_hundreds_of_texts_page_in_one_order_whatever_the_page(deployed: Cloud) -> None:
    """Newest request first, its texts in their order: 5 requests of 64 texts, in shards all over the index."""
    with deployed.api() as api:
        since = datetime.now(UTC).isoformat()
        made = []
        for number in range(5):
            inputs = [f"{HEADLINE} {number} {position}" for position in range(64)]
            answer = api.post("v1/classify", json={"inputs": inputs})
            assert answer.status_code == 200, answer.text
            made.append(answer.json()["request_id"])
        expected = [(request_id, position) for request_id in reversed(made) for position in range(64)]
        wait_for("the texts in the list", lambda: len(walk(api, since=since, limit=100)) >= 320, timeout=20)
        for limit in (37, 100):
            assert walk(api, since=since, limit=limit) == expected
        counted = api.get("v1/stats", params={"since": since}).json()
        assert (counted["texts"], counted["complete"]) == (320, True)
    admin_key = deployed.rubric("keys", "create", "--name", "admin", "--scopes", "read,admin", "--json").stdout
    with deployed.api(key=json.loads(admin_key)["key"]) as admin:
        everybody = walk(admin, since=since, limit=64)
        assert [one for one in everybody if one[0] in made] == expected


def test_examples_are_kept_once(deployed: Cloud) -> None:
    text = f"Orchestra opens the season {uuid.uuid4()}"
    with deployed.api() as api:
        assert api.post("v1/examples", json={"text": text, "label": "Entertainment"}).json()["stored"] == 1
        listed = [{"text": text.upper(), "label": "Entertainment"}, {"text": f" {text}", "label": "Health"}]
        assert api.post("v1/examples", json={"examples": listed}).json()["results"] == ["duplicate", "conflicting"]


def test_a_retry_with_an_idempotency_key_is_answered_and_logged_once(deployed: Cloud) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    with deployed.api() as api:
        first, second = (api.post("v1/classify", json={"inputs": HEADLINE}, headers=headers) for _ in range(2))
        assert second.text == first.text
        assert second.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
        assert second.headers["x-backend"] == first.headers["x-backend"] == "sagemaker"
        problem(api.post("v1/classify", json={"inputs": "Another"}, headers=headers), 422)
        problem(api.get(f"v1/requests/{second.headers['x-request-id']}"), 404)


def test_pages_join_without_gap_or_repeat(deployed: Cloud) -> None:
    since = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with deployed.api() as api:
        asked = [api.post("v1/classify", json={"inputs": [HEADLINE] * 3}).json()["request_id"] for _ in range(4)]
        expected = {(request_id, position) for request_id in asked for position in range(3)}
        for limit in (1, 5, 100):
            result = walk(api, since=since, limit=limit)
            assert len(result) == len(set(result)) and set(result) >= expected
        problem(api.get("v1/requests", params={"cursor": "made-up"}), 422)


def test_deep_health_and_the_contract_s_page(deployed: Cloud) -> None:
    with deployed.api(key="") as api:
        assert api.get("health", params={"deep": "true"}).json()["status"] == "ok"
        assert "default-src 'none'" in api.get("docs").headers["content-security-policy"]


def test_a_key_is_told_where_it_stands_until_its_day_is_used_up(deployed: Cloud) -> None:
    made = json.loads(deployed.rubric("keys", "create", "--name", "twice", "--daily-quota", "2", "--json").stdout)
    with deployed.api(key=made["key"]) as api:
        answers = [api.post("v1/classify", json={"inputs": HEADLINE}) for _ in range(3)]
    assert [answer.headers["ratelimit-limit"] for answer in answers] == ["2", "2", "2"]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2], 429)["type"] == "urn:rubric:problem:quota-exceeded"
    assert answers[2].headers["retry-after"] == answers[2].headers["ratelimit-reset"]


def test_requests_are_another_key_s_secret_unless_it_is_an_admin(deployed: Cloud) -> None:
    with deployed.api() as api:
        request_id = api.post("v1/classify", json={"inputs": HEADLINE}).json()["request_id"]
    for scopes, status in (("read", 404), ("read,admin", 200)):
        made = json.loads(deployed.rubric("keys", "create", "--name", "reader", "--scopes", scopes, "--json").stdout)
        with deployed.api(key=made["key"]) as api:
            assert api.get(f"v1/requests/{request_id}").status_code == status
            problem(api.post("v1/classify", json={"inputs": HEADLINE}), 403)


def test_every_answer_names_the_model_that_serves(deployed: Cloud) -> None:
    version = deployed.status()["model_version"]
    with deployed.api() as api:
        text = {"text": f"Orchestra opens the season {uuid.uuid4()}", "label": "Entertainment"}
        answers = [api.get("v1/stats"), api.get("v1/requests"), api.post("v1/examples", json=text), api.get("v1/model")]
        answers += [api.get("v1/requests/never-was"), api.post("v1/classify", json={"inputs": []})]
    with deployed.api(key="") as api:
        answers.append(api.get("v1/stats"))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 404, 422, 401]
    assert {answer.headers.get("x-model-version") for answer in answers} == {version}
