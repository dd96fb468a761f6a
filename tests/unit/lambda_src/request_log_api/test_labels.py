"""The labels of logged texts: stored once, read with the texts, whatever their number, and as items before had them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.request_log_api import handler as records
from lambda_src.request_log_api.slices import Reader
from lambda_src.request_log_api.statistics import stats
from tests.unit.lambda_src.request_log_api.world import LABELS, SHARDS, make_call, make_world, prediction, walk

MINE = Reader(key_id="abcdefgh23", everything=False)


@pytest.fixture
def world(account, configure, logger):
    return make_world(configure, logger)


@pytest.fixture
def call(load_event, context):
    return make_call(load_event, context)


def many(count, label, *, confidence=0.8):
    labels = tuple(f"label number {number}" for number in range(count))
    rest = (1 - confidence) / (count - 1)
    row = tuple(confidence if number == label else rest for number in range(count))
    return Prediction(labels[label], row, labels, "rubric-dev-1")


def as_before(item):
    """The item as it was written until 1.2 of the contract."""
    plain = {**dynamodb.plain(item), "labels": list(LABELS), "probabilities": [0.91, 0.03, 0.03, 0.03]}
    return dynamodb.item({name: value for name, value in plain.items() if not name.startswith(("labels_id", "packed"))})


def test_a_text_is_shown_with_all_its_labels_and_probabilities(world, call):
    world.logs("r1", many(151, 3), many(151, 150))
    for texts in (
        call("GET", "/v1/requests/r1", scopes="read", schema="LoggedRequest")["texts"],
        call("GET", "/v1/requests", scopes="read", schema="RequestPage")["texts"],
    ):
        assert [text["label"] for text in texts] == ["label number 3", "label number 150"]
        assert [len(text["labels"]) for text in texts] == [151, 151]
        assert texts[0]["probabilities"][:4] == [0.001333] * 3 + [0.8]
        assert not {"labels_id", "packed_probabilities"} & set(texts[0])


def test_the_labels_are_one_item_and_no_request(world, call):
    world.logs("r1", prediction("Health"), prediction("Business"))
    [item] = [one for one in world.dynamodb.scan(TableName="requests")["Items"] if "labels" in one]
    assert int(item["expires_at"]["N"]) > int(world.item("r1")["expires_at"]["N"])
    labels_id = item["request_id"]["S"]
    call("GET", f"/v1/requests/{quote(labels_id, safe='')}", scopes="read admin", status=404)
    feedback = {"request_id": labels_id, "label": "Health"}
    call("POST", "/v1/feedback", body=feedback, scopes="feedback admin", status=404)


def test_items_with_labels_of_their_own_are_read_as_before(world, call):
    world.logs("old", prediction("Business"))
    world.dynamodb.put_item(TableName="requests", Item=as_before(world.item("old")))
    world.logs("new", prediction("Business"), ago=timedelta(seconds=5))
    new, old = call("GET", "/v1/requests", scopes="read", schema="RequestPage")["texts"]
    assert (old["request_id"], new["request_id"]) == ("old", "new")
    assert old["labels"] == new["labels"] == list(LABELS)
    assert old["probabilities"] == new["probabilities"] == [0.91, 0.03, 0.03, 0.03]
    for request_id in ("old", "new"):
        answer = call("POST", "/v1/feedback", body={"request_id": request_id, "label": "Health"}, schema="Feedback")
        assert (answer["label"], answer["predicted_label"]) == ("Health", "Business")
    assert call("GET", "/v1/stats", schema="Stats")["feedback"]["texts"] == 2


def test_labels_are_read_once(world, call, monkeypatch):
    world.logs("r1", prediction("Health"))
    call("GET", "/v1/requests/r1", scopes="read", schema="LoggedRequest")

    def read_again(*_):
        raise AssertionError("the labels were known")

    monkeypatch.setattr(records._records()._whole, "_get", read_again)
    assert call("GET", "/v1/requests/r1", scopes="read", schema="LoggedRequest")["texts"][0]["labels"]


def test_texts_whose_labels_still_wait_are_shown_without_them(world, call):
    world.logs("r1", prediction("Health"), with_labels=False)
    [text] = call("GET", "/v1/requests/r1", scopes="read", schema="LoggedRequest")["texts"]
    assert (text["label"], text["confidence"]) == ("Health", 0.91)
    assert not {"labels", "probabilities"} & set(text)
    body = {"request_id": "r1", "label": "Health"}
    problem = call("POST", "/v1/feedback", body=body, status=503)
    assert "does not have the labels" in problem["detail"]


def test_uncertain_answers_are_counted_and_shown(world, call):
    world.logs("r1", prediction("Business", 0.5), prediction("Health", 0.9), threshold=0.7)
    world.logs("r2", prediction("Business", 0.5), ago=timedelta(minutes=2))
    world.logs("r3", Prediction("Health", None, LABELS, "amazon.nova-micro-v1:0"), threshold=0.7)
    document = call("GET", "/v1/stats", schema="Stats")
    assert (document["texts"], document["uncertain"]) == (4, 1)
    assert sum(hour["uncertain"] for hour in document["hours"]) == 1
    first, second = call("GET", "/v1/requests/r1", scopes="read", schema="LoggedRequest")["texts"]
    assert (first["uncertain"], first["threshold"], second["uncertain"]) == (True, 0.7, False)
    [other] = call("GET", "/v1/requests/r2", scopes="read", schema="LoggedRequest")["texts"]
    assert not {"uncertain", "threshold"} & set(other)


def test_the_list_has_only_uncertain_answers_or_only_the_others(world, call):
    for number in range(5):
        results = [prediction("Business", 0.5), prediction("Health", 0.9), prediction("Business", 0.6)]
        world.logs(f"r{number}", *results, threshold=0.7, ago=timedelta(minutes=number))
    world.logs("unasked", prediction("Business", 0.5), ago=timedelta(minutes=6))
    world.logs("failed", failed=1, ago=timedelta(minutes=7))
    uncertain = [(f"r{number}", position) for number in range(5) for position in (0, 2)]
    others = [(f"r{number}", 1) for number in range(5)] + [("unasked", 0), ("failed", 0)]
    for limit in (1, 3, 50):
        for scopes in ("read", "read admin"):
            assert walk(call, uncertain="true", limit=limit, scopes=scopes)[0] == uncertain
            assert walk(call, uncertain="false", limit=limit, scopes=scopes)[0] == others
    assert walk(call, uncertain="true", max_confidence=0.55)[0] == uncertain[::2]
    assert walk(call, uncertain="true", label="Health")[0] == []


def test_pages_join_where_uncertain_texts_are(world, call):
    for number in range(6):
        confidences = (0.5, 0.9, 0.6) if number % 2 else (0.9, 0.5, 0.9)
        results = [prediction("Business", confidence) for confidence in confidences]
        world.logs(f"r{number}", *results, threshold=0.7, ago=timedelta(minutes=number))
    for limit in (1, 2, 4, 5):
        found, cursor = [], None
        while True:
            query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
            page = call("GET", "/v1/requests", scopes="read", schema="RequestPage", **query)
            found += [(text["request_id"], text["position"]) for text in page["texts"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert found == [(f"r{number}", position) for number in range(6) for position in range(3)], limit


class Counting:
    """A DynamoDB client that counts its queries and the bytes of their items."""

    def __init__(self, client):
        self.client = client
        self.read: Counter[str] = Counter()

    def query(self, **query):
        answer = self.client.query(**query)
        self.read["queries"] += 1
        self.read["bytes"] += sum(len(str(item)) for item in answer["Items"])
        return answer


def read_for_statistics(world, count, texts=60):
    world.logs(f"r{count}", *[many(count, number % count) for number in range(texts)], key_id=f"key{count:07d}")
    counting = Counting(world.dynamodb)
    log = records.RequestLog(counting, table="requests", ledger_table="ledger", shards=SHARDS, logger=None)
    reader = Reader(key_id=f"key{count:07d}", everything=False)
    document = stats(log, reader, since=None, now=datetime.now(UTC), keep_days=30)
    assert (document["texts"], document["complete"]) == (texts, True)
    return counting.read


def test_statistics_read_as_much_whatever_the_number_of_labels(world):
    few, many_labels = read_for_statistics(world, 4), read_for_statistics(world, 500)
    assert many_labels["queries"] == few["queries"]
    assert many_labels["bytes"] <= 1.1 * few["bytes"]


def test_a_label_that_the_model_does_not_have_is_answered_with_those_that_it_has(world, call):
    odd = ("$HOME; rm 'x'", "<b>Übersicht</b>", "体育 スポーツ")
    world.logs("odd", Prediction(odd[2], (0.1, 0.1, 0.8), odd, "rubric-dev-1"))
    detail = call("POST", "/v1/feedback", body={"request_id": "odd", "label": "体"}, status=422)["detail"]
    assert detail.endswith("for this request: `$HOME; rm 'x'`, `<b>Übersicht</b>`, `体育 スポーツ`.")
    world.logs("many", many(500, 3))
    detail = call("POST", "/v1/feedback", body={"request_id": "many", "label": "x"}, status=422)["detail"]
    assert detail.endswith("`label number 49` and 450 others.")
