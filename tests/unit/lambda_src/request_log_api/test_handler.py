"""Tests request_log_api/, which reads the request log for callers, with a fake DynamoDB."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from botocore.exceptions import ClientError

from contracts.datasets import ledger
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb, erased
from lambda_src.request_log_api import feedback, listing, statistics
from lambda_src.request_log_api import handler as records
from tests.unit.lambda_src.request_log_api.world import LABELS, NOW, SHARDS, make_call, make_world, prediction, walk

EVENT = {"row_id": "r", "event_id": "e"}
TEXT_0 = sha256(b"text 0").hexdigest()


@pytest.fixture
def world(account, configure, logger):
    return make_world(configure, logger)


@pytest.fixture
def call(load_event, context):
    return make_call(load_event, context)


@pytest.fixture
def give(call):
    def give(request_id, label, status=200, **options):
        body = {"request_id": request_id, "label": label}
        body |= {"position": options.pop("position")} if "position" in options else {}
        return call("POST", "/v1/feedback", body=body, status=status, schema="Feedback", **options)

    return give


def test_feedback_joins_the_request_s_item(world, give):
    world.logs("r1", prediction("Business"), prediction("Health"))
    answer = give("r1", "Science", position=1)
    assert answer.pop("feedback_time") == world.item("r1", 1)["feedback_time"]["S"]
    assert answer == {
        "request_id": "r1",
        "position": 1,
        "label": "Science",
        "predicted_label": "Health",
        "correct": False,
        "replaced": None,
        "model_version": "rubric-dev-1",
    }
    assert world.item("r1", 1)["feedback_label"] == {"S": "Science"}
    assert world.item("r1", 1)["text"] == {"S": "text 1"}
    assert "feedback_label" not in world.item("r1", 0)


def test_the_same_feedback_again_is_the_same_answer_and_another_replaces_it(world, give):
    world.logs("r1", prediction("Business"))
    first = give("r1", "Science")
    assert give("r1", "Science") == first
    second = give("r1", "Business")
    assert (second["label"], second["replaced"], second["correct"]) == ("Business", "Science", True)
    assert give("r1", "Business") == second


def test_feedback_is_an_event_of_the_ledger_once(world, give):
    world.logs("r1", prediction("Business"), prediction("Health"))
    give("r1", "Science", position=1, trusted="true", key="zzzzzzzz22", scopes="feedback admin")
    give("r1", "Science", position=1)  # the same again is no new event
    (event,) = world.events()
    expected = {
        "row_id": ledger.row_of("text 1"),
        "text": "text 1",
        "kind": "label",
        "source": "feedback",
        "label": "Science",
        "key_id": "zzzzzzzz22",
        "trusted": True,
        "request_id": "r1",
        "position": 1,
        "model_label": "Health",
        "model_version": "rubric-dev-1",
        "time": world.item("r1", 1)["feedback_time"]["S"],
    }
    assert {name: event[name] for name in expected} == expected
    assert event["place"] == f"{event['time']}#{event['event_id']}"


def test_a_later_label_has_a_later_time_though_the_clock_went_back(world, give, monkeypatch):
    world.logs("r1", prediction("Business"))
    give("r1", "Science")
    real = feedback.written
    monkeypatch.setattr(feedback, "written", lambda moment: real(moment - timedelta(hours=1)))
    monkeypatch.setattr(feedback, "_after", lambda time: real(datetime.fromisoformat(time) + timedelta(milliseconds=1)))
    give("r1", "Health")
    give("r1", "Science")
    assert [event["label"] for event in world.events()] == ["Science", "Health", "Science"]


def test_feedback_on_a_text_that_is_not_kept_is_an_event_without_text(world, give):
    world.logs("r1", prediction("Business"))
    key = {"request_id": {"S": "r1"}, "position": {"N": "0"}}
    world.dynamodb.update_item(
        TableName="requests", Key=key, UpdateExpression="REMOVE #text", ExpressionAttributeNames={"#text": "text"}
    )
    give("r1", "Science")
    (event,) = world.events()
    assert "text" not in event and event["row_id"] == ledger.row_without_text("r1", 0)


@pytest.mark.parametrize("target", [erased.of_example(ledger.row_of("TEXT 0")), erased.of_text(TEXT_0)])
def test_of_what_was_erased_the_ledger_gets_nothing(world, give, target):
    world.logs("r1", prediction("Business"))
    world.erases(target)
    give("r1", "Science")
    assert world.item("r1")["feedback_label"] == {"S": "Science"} and world.events() == []


def test_feedback_and_its_event_are_stored_together_or_not_at_all(world, give):
    world.logs("r1", prediction("Business"))
    world.dynamodb.delete_table(TableName="ledger")
    with pytest.raises(ClientError):
        world.log_api().add_feedback(dynamodb.plain(world.item("r1")), label="Health", time="t", event=EVENT)
    assert "feedback_label" not in world.item("r1")


def test_a_label_that_the_model_did_not_know_is_refused_with_the_model_s_version(world, load_event, context):
    world.logs("r1", prediction("Business"))
    event = load_event("default")
    event["rawPath"], event["requestContext"]["http"]["method"] = "/v1/feedback", "POST"
    event["requestContext"]["authorizer"] = {"lambda": {"verdict": "ok", "key_id": "abcdefgh23", "scopes": "feedback"}}
    event["headers"]["content-type"] = "application/json"
    event["body"] = json.dumps({"request_id": "r1", "label": "Weather"})
    response = records.handler(event, context)
    assert (response["statusCode"], response["headers"]["x-model-version"]) == (422, "rubric-dev-1")


def test_feedback_that_comes_in_between_is_seen(world, give, monkeypatch):
    """Two callers at once: the second one's answer has the label that it replaced, and nothing is lost."""
    world.logs("r1", prediction("Business"))
    real = records.RequestLog.text
    raced: list[object] = []

    def text(self, request_id, position):
        item = real(self, request_id, position)
        if not raced:
            raced.append(self.add_feedback(item, label="Health", time="2026-11-20T21:35:01.000Z", event=EVENT))
        return item

    monkeypatch.setattr(records.RequestLog, "text", text)
    assert give("r1", "Science")["replaced"] == "Health"


def test_a_label_that_the_model_did_not_know_is_refused_with_those_it_knew(world, give):
    world.logs("r1", prediction("Business"))
    detail = give("r1", "Sport", status=422)["detail"]
    assert all(f"`{label}`" in detail for label in LABELS)
    assert "feedback_label" not in world.item("r1")


def test_a_failed_request_has_no_label_to_be_right(world, give):
    world.logs("r1", failed=1)
    assert "failed" in give("r1", "Business", status=422)["detail"]


def test_others_requests_are_answered_as_those_that_never_were(world, give, call):
    world.logs("r1", prediction("Business"), key_id="somebodyel")
    theirs, never = give("r1", "Business", status=404), give("r2", "Business", status=404)
    assert theirs == never
    assert give("r1", "Sport", status=404) == never
    assert call("GET", "/v1/requests/r1", status=404) == call("GET", "/v1/requests/r2", status=404) == never
    assert "feedback_label" not in world.item("r1")


def test_a_position_that_the_request_does_not_have(world, give):
    world.logs("r1", prediction("Business"))
    give("r1", "Business", position=1, status=404)


def test_an_admin_key_may_do_it_for_all(world, give, call):
    world.logs("r1", prediction("Business"), key_id="somebodyel")
    give("r1", "Health", scopes="feedback admin")
    assert call("GET", "/v1/requests/r1", scopes="read admin", schema="LoggedRequest")["texts"][0]["position"] == 0


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "`request_id` is missing"),
        ({"request_id": "r1"}, "`label` is missing"),
        ({"request_id": "r1", "label": 7}, "`label` is a number; it must be a string"),
        ({"request_id": "r1", "label": " "}, "`label` is blank"),
        ({"request_id": "", "label": "a"}, "`request_id` is empty; it must have 1 to 128 characters"),
        ({"request_id": "r1", "label": "x" * 101}, "`label` has 101 characters; it must have 1 to 100"),
        ({"request_id": "r1", "label": "a", "position": 64}, "`position` is 64; it must be from 0 to 63"),
        ({"request_id": "r1", "label": "a", "position": 1.5}, "`position` is a number; it must be a whole number"),
        ({"request_id": "r1", "label": "a", "note": "b"}, "`note` is not a field of this request"),
        ({"request_id": "\ud800", "label": "a"}, "surrogate"),
        ([], "The body is a list; it must be an object"),
    ],
)
def test_what_is_wrong_with_feedback_is_said(world, call, body, part):
    assert part in call("POST", "/v1/feedback", body=body, status=422)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/feedback", "feedback"),
        ("GET", "/v1/requests", "read"),
        ("GET", "/v1/requests/r1", "read"),
        ("GET", "/v1/stats", "read"),
    ],
)
def test_each_route_needs_its_scope(world, call, method, path, scope):
    others = "classify feedback examples read admin".replace(scope, "")
    document = call(method, path, body={} if method == "POST" else None, scopes=others, status=403)
    assert document["type"].endswith(":key-scope")
    assert f"`{scope}`" in document["detail"]


def test_one_request_with_its_texts(world, call, give):
    world.logs("JKJaXmPLvHcESHA=", prediction("Business"), prediction("Health", 0.7))
    give("JKJaXmPLvHcESHA=", "Science", position=1)
    document = call("GET", "/v1/requests/JKJaXmPLvHcESHA=", schema="LoggedRequest")
    first, second = document["texts"]
    assert (first["text"], first["label"], first["confidence"], first["status"]) == ("text 0", "Business", 0.91, 200)
    assert "feedback_label" not in first
    assert (second["feedback_label"], second["confidence"]) == ("Science", 0.7)
    assert first["probabilities"][0] == 0.91
    assert "expires_at" not in first and "day" not in first


def test_what_has_expired_is_not_there_before_dynamodb_deletes_it(world, call, give):
    """DynamoDB takes days to delete it; until then no id, list, statistics or feedback finds it."""
    world.logs("gone", prediction("Business"), ago=timedelta(days=30, minutes=1))
    world.logs("here", prediction("Business"), ago=timedelta(days=29))
    assert "text" in world.item("gone")
    call("GET", "/v1/requests/gone", status=404)
    give("gone", "Health", status=404)
    assert walk(call, since="2020-01-01T00:00:00Z")[0] == [("here", 0)]
    # An item that expires sooner than the current setting, such as one from before the setting grew.
    key = {"request_id": {"S": "here"}, "position": {"N": "0"}}
    world.dynamodb.update_item(
        TableName="requests", Key=key, UpdateExpression="SET expires_at = :t",
        ExpressionAttributeValues={":t": {"N": "1000000000"}},
    )  # fmt: skip
    assert walk(call, since="2020-01-01T00:00:00Z")[0] == []


def test_statistics_go_no_further_back_than_texts_are_kept(world, call, monkeypatch, configure):
    configure(records, REQUEST_LOG_DAYS="2")
    world.logs("old", prediction("Business"), ago=timedelta(days=3))
    world.logs("new", prediction("Business"), ago=timedelta(days=1))
    assert call("GET", "/v1/stats", schema="Stats", since="2020-01-01T00:00:00Z")["texts"] == 1


def test_what_the_operator_does_not_keep_is_left_out(world, call):
    world.logs("r1", prediction("Business"))
    key = {"request_id": {"S": "r1"}, "position": {"N": "0"}}
    world.dynamodb.update_item(TableName="requests", Key=key, UpdateExpression="REMOVE #t, confidence",
                               ExpressionAttributeNames={"#t": "text"})  # fmt: skip
    (text,) = call("GET", "/v1/requests/r1", schema="LoggedRequest")["texts"]
    assert "text" not in text
    assert text["confidence"] == 0.91


def test_the_list_is_newest_first_and_pages_join_without_gap_or_repeat(world, call):
    for number in range(7):
        world.logs(f"r{number}", prediction("Business"), ago=timedelta(minutes=number + 1))
    world.logs("theirs", prediction("Business"), key_id="somebodyel")
    expected = [(f"r{number}", 0) for number in range(7)]
    for limit in (1, 2, 3, 7, 50):
        assert walk(call, limit=limit)[0] == expected
    assert walk(call, limit=3)[1] >= 3


def test_texts_of_one_request_have_one_time_and_still_page(world, call):
    world.logs("r1", *[prediction("Business")] * 5)
    for limit in (1, 2, 5):
        assert walk(call, limit=limit)[0] == [("r1", position) for position in range(5)]


def test_an_admin_sees_everybodys_over_days(world, call):
    for days in range(4):
        world.logs(f"r{days}", prediction("Business"), key_id=f"somebody{days}x", ago=timedelta(days=days, minutes=1))
    since = (NOW - timedelta(days=10)).isoformat().replace("+00:00", "Z")
    expected = [(f"r{days}", 0) for days in range(4)]
    for limit in (1, 3, 50):
        assert walk(call, since=since, limit=limit, scopes="read admin")[0] == expected
    assert walk(call, since=since)[0] == []


def test_a_long_empty_time_costs_a_bounded_number_of_queries(world, call, monkeypatch):
    world.logs("old", prediction("Business"), ago=timedelta(days=25))
    since = (NOW - timedelta(days=29)).isoformat().replace("+00:00", "Z")
    calls = []
    real = records.RequestLog.read

    def read(self, *arguments, **options):
        calls.append(1)
        return real(self, *arguments, **options)

    monkeypatch.setattr(records.RequestLog, "read", read)
    document = call("GET", "/v1/requests", schema="RequestPage", since=since, scopes="read admin")
    assert (len(calls), document["texts"]) == (listing.ROUNDS, [])
    assert walk(call, since=since, scopes="read admin")[0] == [("old", 0)]


def test_filters(world, call, monkeypatch):
    monkeypatch.setattr(listing, "TEXTS_A_ROUND", 2)
    for number in range(6):
        world.logs(f"sure{number}", prediction("Business"), ago=timedelta(minutes=10 + number))
    world.logs("unsure", prediction("Health", 0.4), ago=timedelta(minutes=30))
    world.logs("failed", failed=1)
    assert walk(call, max_confidence=0.5)[0] == [("unsure", 0)]
    assert walk(call, label="Health", limit=1)[0] == [("unsure", 0)]
    assert len(walk(call, label="Business", max_confidence=1, limit=4)[0]) == 6
    assert walk(call, label="Science")[0] == []
    assert len(walk(call)[0]) == 8


def test_since_counts_the_moment_itself(world, call):
    world.logs("r1", prediction("Business"), ago=timedelta(hours=2))
    moment = NOW - timedelta(hours=2)
    exact = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    later = (moment + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    assert walk(call, since=exact)[0] == [("r1", 0)]
    assert walk(call, since=later)[0] == []
    world.logs("yesterday", prediction("Business"), ago=timedelta(hours=25))
    assert walk(call)[0] == [("r1", 0)]


def test_a_cursor_is_good_for_its_own_list_only(world, call):
    for number in range(3):
        world.logs(f"r{number}", prediction("Business"))
    cursor = call("GET", "/v1/requests", limit=1, schema="RequestPage")["next_cursor"]
    broken = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for wrong in (broken, "x", "....", cursor[:10], "é", "A" * 100):
        assert "`cursor`" in call("GET", "/v1/requests", cursor=wrong, status=422)["detail"]
    call("GET", "/v1/requests", cursor=cursor, label="Business", status=422)
    call("GET", "/v1/requests", cursor=cursor, uncertain="false", status=422)
    call("GET", "/v1/requests", cursor=cursor, key="somebodyel", status=422)
    call("GET", "/v1/requests", cursor=cursor, scopes="read admin", status=422)
    call("GET", "/v1/requests", cursor=cursor, schema="RequestPage")


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ({"limit": "0"}, "`limit` is 0; it must be from 1 to 100"),
        ({"limit": "many"}, "`limit` is a string; it must be a whole number"),
        ({"limit": "1_0"}, "`limit` is a string"),
        ({"max_confidence": "1.1"}, "`max_confidence` is 1.1; it must be from 0 to 1"),
        ({"max_confidence": "nan"}, "`max_confidence` is a string"),
        ({"uncertain": "1"}, "`uncertain` is a string; it must be true or false"),
        ({"since": "yesterday"}, "`since` is not a valid date and time"),
        ({"since": "2026-02-31T00:00:00Z"}, "`since` is not a valid date and time"),
        ({"label": ""}, "`label` is empty"),
        ({"page": "2"}, "`page` is not a parameter of this route; allowed parameters: `since`, `label`"),
    ],
)
def test_what_is_wrong_with_the_parameters_is_said(world, call, query, part):
    assert part in call("GET", "/v1/requests", status=422, **query)["detail"]


def test_a_time_to_come_has_nothing_yet(world, call):
    world.logs("r1", prediction("Business"))
    assert walk(call, since="2999-01-01T00:00:00Z", scopes="read admin")[0] == []
    assert call("GET", "/v1/stats", since="2999-01-01T00:00:00Z", schema="Stats")["texts"] == 0


def test_statistics(world, call, give):
    world.logs("r1", prediction("Business"), prediction("Health", 0.71), ago=timedelta(minutes=1))
    world.logs("r2", prediction("Health", 0.81), ago=timedelta(hours=3))
    world.logs("failed", failed=2, ago=timedelta(hours=3))
    world.logs("old", prediction("Health"), ago=timedelta(hours=30))
    world.logs("theirs", prediction("Science"), key_id="somebodyel")
    give("r1", "Business")
    give("r1", "Science", position=1)
    document = call("GET", "/v1/stats", schema="Stats")
    assert (document["texts"], document["failed"]) == (5, 2)
    assert document["labels"] == {"Business": 1, "Health": 2}
    assert document["mean_confidence"] == 0.81
    assert document["confidences"] == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert document["feedback"] == {"texts": 2, "correct": 1, "accuracy": 0.5}
    assert document["complete"] is True and document["counted_since"] == document["since"]
    assert [hour["texts"] for hour in document["hours"]] == [3, 2]
    assert document["hours"][0]["failed"] == 2
    assert document["hours"][0]["hour"] == (NOW - timedelta(hours=3)).strftime("%Y-%m-%dT%H:00:00Z")
    everybody = call("GET", "/v1/stats", schema="Stats", scopes="read admin")
    assert everybody["labels"]["Science"] == 1


def test_statistics_count_answers_without_probabilities(world, call):
    world.logs("r1", prediction("Business"), Prediction("Health", None, LABELS, "amazon.nova-micro-v1:0"))
    document = call("GET", "/v1/stats", schema="Stats")
    assert document["labels"] == {"Business": 1, "Health": 1}
    assert (document["mean_confidence"], document["confidences"]) == (0.91, [0] * 9 + [1])


def test_statistics_count_the_two_models_of_a_test_apart(world, call, give):
    world.logs("r1", prediction("Business"), prediction("Health", 0.71), variants=("champion", "challenger"))
    world.logs("r2", prediction("Health", 0.81), ago=timedelta(hours=3))
    world.logs("failed", failed=1)
    give("r1", "Science", position=1)
    document = call("GET", "/v1/stats", schema="Stats")
    none = {"texts": 0, "correct": 0, "accuracy": None}
    assert document["variants"] == [
        {
            **{"variant": "champion", "texts": 2, "failed": 0, "uncertain": 0, "mean_confidence": 0.86},
            **{"labels": {"Business": 1, "Health": 1}, "feedback": none},
        },
        {
            **{"variant": "challenger", "texts": 1, "failed": 0, "uncertain": 0, "mean_confidence": 0.71},
            **{"labels": {"Health": 1}, "feedback": {"texts": 1, "correct": 0, "accuracy": 0.0}},
        },
    ]
    assert document["feedback"] == {"texts": 1, "correct": 0, "accuracy": 0.0}


def test_statistics_of_nothing(world, call):
    document = call("GET", "/v1/stats", schema="Stats")
    assert (document["texts"], document["mean_confidence"], document["hours"]) == (0, None, [])
    assert document["feedback"]["accuracy"] is None and document["variants"] == []


def test_statistics_read_no_more_than_their_bound_and_say_so(world, call, monkeypatch):
    monkeypatch.setattr(statistics, "TEXTS_A_ROUND", SHARDS)
    monkeypatch.setattr(statistics, "TEXTS", 3 * SHARDS)
    for number in range(40):
        world.logs(f"r{number}", prediction("Business"), ago=timedelta(minutes=number + 1))
    document = call("GET", "/v1/stats", schema="Stats")
    assert document["complete"] is False
    assert SHARDS <= document["texts"] <= 3 * SHARDS
    # Exactly the newest: none that is newer than the last counted was left out.
    assert document["counted_since"] == world.item(f"r{document['texts'] - 1}")["time"]["S"]


def test_statistics_go_a_week_back_at_most(world, call):
    world.logs("old", prediction("Business"), ago=timedelta(days=8))
    document = call("GET", "/v1/stats", schema="Stats", since="2020-01-01T00:00:00Z")
    assert document["texts"] == 0
    assert document["since"] >= (NOW - timedelta(days=7, minutes=1)).isoformat()[:16]


def test_a_table_that_does_not_answer_is_a_503_that_says_when_to_come_back(world, load_event, context, read_log):
    lines = read_log(records)
    event = load_event("default")
    event["rawPath"] = "/v1/stats"
    event["requestContext"]["authorizer"] = {"lambda": {"verdict": "ok", "key_id": "k", "scopes": "read"}}

    def fail(**_):
        raise records.storage.ClientError({"Error": {"Code": "ThrottlingException", "Message": "inner"}}, "Query")

    records._records()._dynamodb = type("Failing", (), {"query": staticmethod(fail)})()
    response = records.handler(event, context)
    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "2")
    assert "inner" not in response["body"]
    assert [line["message"] for line in lines() if line["level"] == "ERROR"] == ["the table failed"]


def test_no_permission_is_our_own_fault(world, call):
    world.dynamodb.delete_table(TableName="requests")
    call("GET", "/v1/stats", status=500)


def test_a_path_that_is_not_there(world, call):
    call("GET", "/v1/other", status=404)
