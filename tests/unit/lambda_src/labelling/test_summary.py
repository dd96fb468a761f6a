"""What the labels of the audit sample say: of first labels alone, by model version, with what was passed over."""

from __future__ import annotations

import pytest

from contracts.logs import audit
from lambda_src.labelling import summary
from tests.unit.lambda_src.labelling.world import answer


def test_nothing_is_labelled_yet(world, labels):
    world.asked("r1", ("One", answer("Health")), ("Two", answer("Health")))
    document = labels()
    assert document.pop("since")
    assert document == {
        "complete": True,
        "texts": 2,
        "labelled": 0,
        "waiting": 0,
        "yours": 0,
        "labellers": 0,
        "accuracy": [],
        "agreement": {
            "texts": 0,
            "observed": None,
            "statistic": "cohen_kappa",
            "value": None,
            "interval": None,
        },
        "conflicts": [],
    }


def test_accuracy_counts_what_was_said_before_the_models_answer_was_shown(world, labels, give):
    world.asked("r1", *((f"Text {n}", answer("Health")) for n in range(10)))
    for n in range(8):
        give("r1", "Health", position=n)
    give("r1", "Science", position=8)
    give("r1", "Health", position=8)  # changed once the answer was seen
    [accuracy] = labels()["accuracy"]
    assert (accuracy["texts"], accuracy["correct"], accuracy["accuracy"]) == (9, 8.0, 0.8889)
    assert accuracy["interval"] == pytest.approx([0.565, 0.980], abs=0.001)


def test_labels_outside_the_sample_do_not_count(world, labels, give):
    world.asked("r1", ("One", answer("Health")))
    world.asked("r2", ("Two", answer("Health", 0.3)), audited=False)
    give("r2", "Science", sample="uncertain")
    assert (labels()["texts"], labels()["labelled"], labels()["accuracy"]) == (1, 0, [])


def test_each_model_version_has_its_own_and_a_text_counts_once(world, labels, give):
    world.asked("r1", ("One", answer("Health")), ("Two", answer("Health")))
    world.asked("r2", ("Three", answer("Health", version="v2")))
    for name, label in (("ana", "Health"), ("ben", "Science")):
        give("r1", label, labeller=name)
    give("r1", "Health", position=1, labeller="ana")
    give("r2", "Science", labeller="ana")
    first, second = labels()["accuracy"]
    assert (first["model_version"], first["texts"], first["correct"]) == ("rubric-dev-1", 2, 1.5)
    assert (second["model_version"], second["texts"], second["correct"]) == ("v2", 1, 0.0)


def test_texts_that_were_passed_over_bound_the_accuracy(world, labels, give):
    world.asked("r1", *((f"Text {n}", answer("Health")) for n in range(10)))
    in_order = sorted(range(10), key=lambda n: audit.number("r1", n))
    for n in in_order[1:5]:  # the first one is skipped, the last five are not reached yet
        give("r1", "Health", position=n)
    [accuracy] = labels()["accuracy"]
    assert (accuracy["texts"], accuracy["passed_over"], accuracy["bounds"]) == (4, 1, [0.8, 1.0])


def test_agreement_is_that_of_the_texts_with_two_labels(world, labels, give):
    world.asked("r1", *((f"Text {n}", answer("Health")) for n in range(6)))
    for n in range(5):
        give("r1", "Health" if n % 2 else "Science", position=n, labeller="ana")
        if n < 4:
            give("r1", "Health" if n % 2 or n == 0 else "Science", position=n, labeller="ben")
    document = labels(labeller="ben")
    assert (document["labelled"], document["yours"], document["labellers"]) == (5, 4, 2)
    agreement = document["agreement"]
    assert (agreement["texts"], agreement["observed"], agreement["value"]) == (4, 0.75, 0.5)
    give("r1", "Science", position=0, labeller="cem")
    assert labels()["agreement"]["statistic"] == "krippendorff_alpha"


def test_conflicts_are_shown_to_those_who_have_labelled_the_text(world, labels, give):
    world.asked("r1", ("One", answer("Health")), ("Two", answer("Health")))
    give("r1", "Health", labeller="ana")
    give("r1", "Science", labeller="ben")
    give("r1", "Health", position=1, labeller="ana")
    conflict = {
        "request_id": "r1",
        "position": 0,
        "text": "One",
        "labels": [
            {"labeller": "abcdefgh23 ana", "label": "Health"},
            {"labeller": "abcdefgh23 ben", "label": "Science"},
        ],
    }
    assert labels(labeller="ben")["conflicts"] == [conflict]
    assert labels(labeller="cem")["conflicts"] == []
    assert labels(labeller="cem", scopes="label admin")["conflicts"] == [conflict]
    world.dynamodb.delete_item(TableName="requests", Key={"request_id": {"S": "r1"}, "position": {"N": "0"}})
    assert labels(labeller="ben")["conflicts"] == [{k: v for k, v in conflict.items() if k != "text"}]
    give("r1", "Health", position=1, labeller="ben")
    assert labels(labeller="ben")["agreement"]["texts"] == 2


def test_a_conflict_that_is_settled_is_none_but_the_agreement_keeps_it(world, labels, give):
    world.asked("r1", ("One", answer("Health")))
    give("r1", "Health", labeller="ana")
    give("r1", "Science", labeller="ben")
    give("r1", "Health", labeller="ben")
    document = labels(labeller="ben")
    assert (document["conflicts"], document["agreement"]["observed"]) == ([], 0.0)


def test_more_texts_than_one_request_reads_are_said(world, labels, give, monkeypatch):
    world.asked("r1", *((f"Text {n}", answer("Health")) for n in range(5)))
    monkeypatch.setattr(summary, "MOST_TEXTS", 3)
    document = labels()
    assert (document["complete"], document["texts"]) == (False, 3)


def test_labels_of_other_keys_than_trusted_ones_decide_nothing_and_are_counted(world, labels, give):
    world.asked("r1", *((f"Text {n}", answer("Health")) for n in range(6)))
    in_order = sorted(range(6), key=lambda n: audit.number("r1", n))
    for n in in_order[:5]:
        give("r1", "Science", position=n, labeller="mallory", key="mallory222", trusted="")
    before = labels()
    assert (before["accuracy"], before["labelled"], before["waiting"], before["labellers"]) == ([], 0, 5, 1)
    for n in in_order[1:4]:
        give("r1", "Health", position=n)
    document = labels()
    [accuracy] = document["accuracy"]
    assert (accuracy["texts"], accuracy["correct"], accuracy["passed_over"]) == (3, 3.0, 1)
    assert (document["labelled"], document["waiting"]) == (3, 2)
    assert (document["agreement"]["texts"], labels(scopes="label admin")["conflicts"]) == (0, [])


def test_labels_that_all_wait_can_disagree(world, labels, give):
    world.asked("r1", ("One", answer("Health")))
    give("r1", "Health", labeller="ana", trusted="")
    give("r1", "Science", labeller="ben", trusted="")
    assert len(labels(labeller="ben")["conflicts"]) == 1
