"""`top_k` and `threshold`: what an answer lists, what it calls uncertain, and where else that shows."""

from __future__ import annotations

import json

import fastjsonschema
import pytest

from lambda_src.classify import handler as classify
from lambda_src.classify import request_body
from lambda_src.classify.response import Listing, Prediction
from lambda_src.common.api import contract
from tests.unit.lambda_src.classify.test_handler import World, metrics_of

LABELS = ("A", "B", "C", "D")
RESULT = Prediction("C", (0.1, 0.3, 0.5, 0.1), LABELS, "m1")
STATED = {"predicted_label": "C", "model_version": "m1"}


@pytest.fixture
def world(account, configure):
    made = World()
    configure(classify, ENDPOINT_NAME="rubric-dev", **made.settings)
    yield made
    made.stubber.deactivate()


def fits(schema, document):
    root = {"$ref": f"#/components/schemas/{schema}", "components": contract.document()["components"]}
    fastjsonschema.compile(root)(document)


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (Listing(), {"probabilities": [[0.1, 0.3, 0.5, 0.1]], "labels": ["A", "B", "C", "D"]}),
        (Listing(top_k=2), {"probabilities": [[0.5, 0.3]], "labels": ["C", "B"], "labels_omitted": 2}),
        (Listing(top_k=3), {"probabilities": [[0.5, 0.3, 0.1]], "labels": ["C", "B", "A"], "labels_omitted": 1}),
        (Listing(top_k=4), {"probabilities": [[0.5, 0.3, 0.1, 0.1]], "labels": ["C", "B", "A", "D"]}),
        (Listing(top_k=1000), {"probabilities": [[0.5, 0.3, 0.1, 0.1]], "labels": ["C", "B", "A", "D"]}),
    ],
)
def test_the_most_probable_labels_are_listed_first(listing, expected):
    document = RESULT.document(listing)
    assert document == {**STATED, **expected}
    fits("Prediction", document)


def test_without_either_the_answer_is_byte_for_byte_what_it_was():
    assert json.dumps(RESULT.document()) == (
        '{"predicted_label": "C", "probabilities": [[0.1, 0.3, 0.5, 0.1]], "labels": ["A", "B", "C", "D"], '
        '"model_version": "m1"}'
    )


def test_of_labels_that_are_as_probable_the_predicted_one_is_the_first():
    tie = Prediction("D", (0.1, 0.4, 0.1, 0.4), LABELS, "m1")
    assert tie.document(Listing(top_k=2))["labels"] == ["D", "B"]


@pytest.mark.parametrize(("threshold", "uncertain"), [(0, False), (0.5, False), (0.500001, True), (1, True)])
def test_an_answer_below_the_threshold_is_uncertain(threshold, uncertain):
    document = RESULT.document(Listing(threshold=threshold))
    assert document["uncertain"] is uncertain
    assert document["predicted_label"] == "C"
    fits("Prediction", document)


def test_a_foundation_model_s_answer_is_neither_cut_nor_called_certain():
    stated = Prediction("C", None, LABELS, "amazon.nova-micro-v1:0")
    assert stated.document(Listing(top_k=2, threshold=0.9)) == stated.document()


def test_the_request_s_values_come_before_the_operator_s():
    default = Listing(top_k=5, threshold=0.7)
    assert Listing().or_else(default) == default
    assert Listing(top_k=2, threshold=0).or_else(default) == Listing(top_k=2, threshold=0)


def test_both_are_read_from_a_request():
    body = json.dumps({"inputs": "a", "top_k": 2.0, "threshold": 1})
    event = {"headers": {"content-type": "application/json"}, "body": body}
    assert request_body.parse(event).listing == Listing(top_k=2, threshold=1)


def ask(load_event, context, status=200, **body):
    event = load_event("classify_single")
    event["body"] = json.dumps(body)
    response = classify.handler(event, context)
    assert response["statusCode"] == status, response["body"]
    document = json.loads(response["body"])
    if status == 200:
        fits("ListAnswer" if "predictions" in document else "SingleAnswer", document)
    return document


def test_a_request_with_both(world, load_event, context, capsys):
    world.will_answer("Business", "Health")
    document = ask(load_event, context, inputs=["x", "y"], top_k=2, threshold=0.95)
    assert document["threshold"] == 0.95
    first, second = document["predictions"]
    assert (first["labels"], first["labels_omitted"], first["uncertain"]) == (["Business", "Entertainment"], 2, True)
    assert (second["labels"][0], second["predicted_label"]) == ("Health", "Health")
    items = world.logged()
    assert [item["uncertain"] for item in items] == [{"BOOL": True}] * 2
    assert items[0]["threshold"] == {"N": "0.95"} and items[0]["place"]["S"].endswith("~")
    [labels] = world.labels()
    assert len(labels["labels"]["L"]) == 4, "the log has all labels"
    assert metrics_of(capsys)[("Uncertain", "")] == [2.0]


def test_a_certain_answer_says_so(world, load_event, context, capsys):
    world.will_answer("Business")
    document = ask(load_event, context, headline="x", threshold=0.9)
    assert (document["uncertain"], document["threshold"], len(document["labels"])) == (False, 0.9, 4)
    [item] = world.logged()
    assert item["uncertain"] == {"BOOL": False} and not item["place"]["S"].endswith("~")
    assert metrics_of(capsys)[("Uncertain", "")] == [0.0]


def test_the_operator_s_values_hold_for_requests_without_their_own(world, load_event, context, configure, capsys):
    configure(classify, TOP_K="3", THRESHOLD="0.95")
    world.will_answer("Business")
    document = ask(load_event, context, inputs="x")
    assert (len(document["labels"]), document["uncertain"], document["threshold"]) == (3, True, 0.95)
    world.will_answer("Business")
    document = ask(load_event, context, inputs="x", top_k=1000, threshold=0)
    assert (len(document["labels"]), document["uncertain"], document["threshold"]) == (4, False, 0)


def test_an_answer_from_the_cache_is_listed_as_this_request_wants_it(world, load_event, context, configure):
    configure(classify, ANSWER_CACHE_SECONDS="60")
    world.will_answer("Business")
    assert len(ask(load_event, context, inputs="x", top_k=2, threshold=0.95)["labels"]) == 2
    again = ask(load_event, context, inputs="x")
    assert len(again["labels"]) == 4 and "uncertain" not in again and "threshold" not in again
    assert len(ask(load_event, context, inputs="x", top_k=3)["labels"]) == 3


def test_bad_values_cost_nothing_and_are_named(world, load_event, context):
    problem = ask(load_event, context, status=422, inputs="x", top_k=1)
    assert problem["detail"] == "`top_k` is 1; it must be from 2 to 1,000."
    assert world.logged() == []


def test_an_answer_that_lambda_could_not_return_is_refused_with_what_to_do(world, load_event, context):
    labels = [f"{number:03d} {'क' * 90}" for number in range(500)]
    rows = [0.501, *([0.001] * 499)]
    one = {"predicted_label": labels[0], "labels": labels, "probabilities": [rows], "model_version": "rubric-dev-1"}
    world.will_answer_bytes(json.dumps({"predictions": [one] * 64}).encode())
    problem = ask(load_event, context, status=422, inputs=["x"] * 64)
    assert "more than 6 MB" in problem["detail"]
    world.will_answer_bytes(json.dumps({"predictions": [one] * 64}).encode())
    document = ask(load_event, context, inputs=["x"] * 64, top_k=5)
    assert {len(each["labels"]) for each in document["predictions"]} == {5}
