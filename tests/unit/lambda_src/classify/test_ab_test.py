"""Tests classify/handler.py while a live A/B test runs, with a fake AWS account."""

from __future__ import annotations

import io
import json

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from contracts.ab_tests.live import CHALLENGER, CHAMPION
from lambda_src.classify import handler as classify
from lambda_src.classify import live_tests
from lambda_src.common import aws, dynamodb
from tests.tables import make_table
from tests.unit.lambda_src.classify.live import CHALLENGED, TEST, changed, texts_of
from tests.unit.lambda_src.classify.test_handler import World, fits, metrics_of, prediction

OURS = texts_of(CHAMPION, 2)
# The clients of the three ways to a model: connect and read timeouts, seconds.
CHALLENGERS, INSTEAD = (0.5, 3.5), (1.0, 12.0)


class BothModels(World):
    """With a challenger beside the champion; each answers only what it is told to."""

    def __init__(self):
        super().__init__()
        self.others = {}
        for connect, read in (CHALLENGERS, INSTEAD):
            client = aws.client("sagemaker-runtime", connect_timeout=connect, read_timeout=read, attempts=1)
            self.others[connect, read] = Stubber(client)
            self.others[connect, read].activate()

    def begins(self, test=TEST):
        self.dynamodb.put_item(TableName="requests", Item=dynamodb.item(test))

    def will(self, which, *labels, endpoint, version):
        predictions = [{**prediction(label), "model_version": version} for label in labels]
        raw = json.dumps({"predictions": predictions}).encode()
        self.others[which].add_response(
            "invoke_endpoint",
            {"Body": StreamingBody(io.BytesIO(raw), len(raw))},
            {"EndpointName": endpoint, "ContentType": "application/json", "Accept": "application/json", "Body": ANY},
        )

    def will_challenge(self, *labels):
        self.will(CHALLENGERS, *labels, endpoint="rubric-dev-challenger", version="rubric-dev-2")

    def will_fail(self):
        self.others[CHALLENGERS].add_client_error("invoke_endpoint", "ServiceUnavailable", http_status_code=503)

    def ended(self):
        for stubber in self.others.values():
            stubber.assert_no_pending_responses()
            stubber.deactivate()


class _Any:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


ANY = _Any()


@pytest.fixture
def world(account, configure):
    made = BothModels()
    configure(classify, ENDPOINT_NAME="rubric-dev", CHALLENGER_ENDPOINT_NAME="rubric-dev-challenger", **made.settings)
    classify._split.cache_clear()
    yield made
    made.stubber.deactivate()
    made.ended()
    classify._split.cache_clear()


@pytest.fixture
def ask(load_event, context):
    def ask(texts, **headers):
        event = load_event("classify_single")
        event["body"], event["isBase64Encoded"] = json.dumps({"inputs": texts}), False
        event["headers"].update(headers)
        return classify.handler(event, context)

    return ask


def test_without_a_test_no_answer_speaks_of_one(world, ask, capsys):
    world.will_answer("Business")
    response = ask(CHALLENGED[0])
    assert "variant" not in json.loads(response["body"]) and "x-variant" not in response["headers"]
    [item] = world.logged()
    assert item["variant"] == {"S": CHAMPION} and {"ab_test", "assigned", "unit"}.isdisjoint(item)
    assert {"ChallengerTexts", "ChallengerFailed"}.isdisjoint(name for name, _ in metrics_of(capsys))


def test_a_list_is_divided_and_says_which_model_answered_each_text(world, ask, capsys):
    world.begins()
    world.will_answer("Business", "Health")
    world.will_challenge("Science")
    response = ask([OURS[0], CHALLENGED[0], OURS[1]])
    document = json.loads(response["body"])
    fits("ListAnswer", document)
    found = [(p["predicted_label"], p["variant"], p["model_version"]) for p in document["predictions"]]
    assert found == [
        ("Business", CHAMPION, "rubric-dev-1"),
        ("Science", CHALLENGER, "rubric-dev-2"),
        ("Health", CHAMPION, "rubric-dev-1"),
    ]
    assert response["headers"]["x-variant"] == "challenger, champion"
    items = world.logged()
    assert [item["variant"]["S"] for item in items] == [CHAMPION, CHALLENGER, CHAMPION]
    assert [item["assigned"]["S"] for item in items] == [CHAMPION, CHALLENGER, CHAMPION]
    assert [item["model_version"]["S"] for item in items] == ["rubric-dev-1", "rubric-dev-2", "rubric-dev-1"]
    assert {item["ab_test"]["S"] for item in items} == {TEST["test_id"]}
    assert len({item["unit"]["S"] for item in items}) == 3
    metrics = metrics_of(capsys)
    assert (metrics["ChallengerTexts", ""], metrics["ChallengerFailed", ""]) == ([1.0], [0.0])
    assert metrics["ChallengerLatencyMs", ""][0] >= 0


def test_a_failing_challenger_is_counted_and_nobody_sees_it(world, ask, capsys):
    world.begins()
    world.will_fail()
    world.will(INSTEAD, "Business", endpoint="rubric-dev", version="rubric-dev-1")
    response = ask(CHALLENGED[0])
    document = json.loads(response["body"])
    fits("SingleAnswer", document)
    assert (response["statusCode"], document["variant"], response["headers"]["x-variant"]) == (200, CHAMPION, CHAMPION)
    [item] = world.logged()
    assert (item["variant"]["S"], item["assigned"]["S"]) == (CHAMPION, CHALLENGER)
    metrics = metrics_of(capsys)
    assert (metrics["ChallengerTexts", ""], metrics["ChallengerFailed", ""]) == ([0.0], [1.0])
    # On the first alarms act against the champion.
    assert {"BadModelAnswers", "RequestsFailed", "ChallengerLatencyMs"}.isdisjoint(name for name, _ in metrics)


def test_a_request_that_fails_is_logged_with_what_was_chosen(world, ask):
    world.begins()
    world.will_fail()
    world.others[INSTEAD].add_client_error("invoke_endpoint", "ServiceUnavailable", http_status_code=503)
    assert ask(CHALLENGED[0])["statusCode"] == 503
    [item] = world.logged()
    assert item["assigned"] == {"S": CHALLENGER} and "variant" not in item


def test_a_test_that_has_ended_is_ended_whatever_its_item_says(world, ask):
    world.begins(changed(ends_at=1))
    world.will_answer("Business")
    assert "variant" not in json.loads(ask(CHALLENGED[0])["body"])


def test_a_repeat_gets_the_answer_and_the_variant_of_the_first(world, ask):
    make_table(world.dynamodb, "answers", answer_id="S")
    world.begins()
    world.will_challenge("Science")
    first = ask(CHALLENGED[0], **{"idempotency-key": "k1"})
    second = ask(CHALLENGED[0], **{"idempotency-key": "k1"})
    assert second["body"] == first["body"] and second["headers"]["idempotency-replayed"] == "true"
    assert second["headers"]["x-variant"] == first["headers"]["x-variant"] == CHALLENGER


def test_an_answer_from_the_cache_is_the_variants_own(world, ask, configure, monkeypatch):
    monkeypatch.setattr(live_tests, "READ_AGAIN_SECONDS", 0.0)
    configure(classify, ANSWER_CACHE_SECONDS="30")
    world.will_answer("Business")
    assert ask(CHALLENGED[0])["headers"]["x-cache"] == "miss"
    world.begins()
    world.will_challenge("Science")
    answers = [ask(CHALLENGED[0]) for _ in range(2)]
    assert [answer["headers"]["x-cache"] for answer in answers] == ["miss", "hit"]
    for answer in answers:
        document = json.loads(answer["body"])
        assert (document["predicted_label"], document["variant"]) == ("Science", CHALLENGER)
    assert [item["variant"]["S"] for item in world.logged()][-1] == CHALLENGER
