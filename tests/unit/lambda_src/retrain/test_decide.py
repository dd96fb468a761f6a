"""The decision: what each clause says, and which one decides."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.logs import drift_report
from contracts.retraining import decision
from contracts.retraining.decision import Decision
from lambda_src.retrain.rule.decide import decide
from lambda_src.retrain.rule.evidence import Accuracy, Evidence, Rows, Rule, Runs
from lambda_src.retrain.rule.gain import Gain

RULE = Rule(
    horizon_days=30,
    value_per_error=0.05,
    run_price=2.0,
    monthly_budget=50.0,
    cooldown_hours=24.0,
    schedule_days=None,
    fewest_rows=50,
    fewest_labels=50,
    min_accuracy=0.8,
)
GAIN = Gain(texts=400, right=360, mended=20, broken=2, estimate=0.045, low=0.02, alpha=0.05)
SEEN = Evidence(
    at="2026-11-20T12:00:00.000Z",
    cause=decision.CHECK,
    by="arn:aws:states:us-east-1:111122223333:execution:rubric-dev-retraining:1",
    model_version="rubric-dev-20261101-000000-abcd",
    model_since="2026-11-01T00:00:00.000Z",
    drift=drift_report.STEADY,
    drift_reason="No evidence of drift in 5,000 requests.",
    reference_accuracy=0.95,
    accuracy=Accuracy(texts=400, right=360, low=0.867, high=0.926),
    rows=Rows(accepted=120),
    gain=GAIN,
    texts_a_day=1000.0,
)
DRIFTED: dict[str, Any] = {"drift": drift_report.DRIFT, "drift_reason": "The predicted labels moved."}


def made(seen: Evidence = SEEN, rule: Rule = RULE, **changes: Any) -> Decision:
    return decide(replace(seen, **changes), rule, decision_id="0123456789ab")


def holds(found: Decision) -> dict[str, bool | None]:
    return {clause["name"]: clause["holds"] for clause in found["clauses"]}


def test_every_clause_is_in_it_with_a_sentence_and_figures() -> None:
    found = made()
    assert tuple(clause["name"] for clause in found["clauses"]) == (*decision.REASONS, *decision.CONDITIONS)
    assert all(clause["sentence"].endswith(".") and clause["figures"] for clause in found["clauses"])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == set(Decision.__annotations__)


def test_rows_whose_least_gain_is_worth_more_than_a_run_are_trained() -> None:
    """0.02 x 1,000 texts a day x 30 days x $0.05 = $30, and a run costs $2."""
    found = made()
    assert (found["outcome"], found["decided_by"]) == (decision.TRAIN, "rows")
    assert found["run"] == decision.run_of("0123456789ab")
    assert "$30.00" in found["reason"] and "$2.00" in found["reason"]


@pytest.mark.parametrize(
    ("low", "a_day", "value", "price", "trains"),
    [
        (0.02, 1000.0, 0.05, 29.99, True),
        (0.02, 1000.0, 0.05, 30.00, False),
        (0.02, 1.0, 0.05, 2.0, False),
        (0.001, 1000.0, 0.05, 2.0, False),
        (0.02, 1000.0, 0.0001, 2.0, False),
        (-0.01, 1e9, 1e6, 0.0, False),
        (0.0, 1e9, 1e6, 0.0, False),
    ],
)
def test_it_pays_or_it_is_not_trained(low: float, a_day: float, value: float, price: float, trains: bool) -> None:
    rule = replace(RULE, value_per_error=value, run_price=price)
    found = made(rule=rule, gain=replace(GAIN, low=low), texts_a_day=a_day)
    assert (found["outcome"] == decision.TRAIN) is trains
    assert trains or (found["outcome"], found["decided_by"], found["run"]) == (decision.NOTHING, "worth", "")


def test_drift_with_harm_is_the_reason_where_it_pays() -> None:
    found = made(**DRIFTED)
    assert (found["outcome"], found["decided_by"]) == (decision.TRAIN, "drift")
    assert "95.0% on its test texts" in found["reason"]


def test_drift_without_harm_is_reported_and_trains_nothing() -> None:
    unharmed = Accuracy(texts=400, right=384, low=0.936, high=0.975)
    found = made(**DRIFTED, accuracy=unharmed, gain=replace(GAIN, low=-0.004), rows=Rows(accepted=30))
    assert found["outcome"] == decision.REPORT
    assert holds(found)["drift"] is False
    assert "The predicted labels moved." in found["reason"]


def test_nor_does_drift_whose_harm_is_not_known_train() -> None:
    found = made(**DRIFTED, accuracy=None, gain=None, no_gain="no text is labelled", rows=Rows(accepted=30))
    assert (found["outcome"], holds(found)["drift"]) == (decision.REPORT, None)


def test_the_audit_is_a_reason_below_what_the_gate_asks() -> None:
    poor = Accuracy(texts=400, right=280, low=0.65, high=0.75)
    found = made(accuracy=poor, rows=Rows(accepted=10))
    assert (found["outcome"], found["decided_by"]) == (decision.TRAIN, "audit")


@pytest.mark.parametrize("drift", [drift_report.STEADY, drift_report.DRIFT])
def test_without_new_rows_there_is_nothing_to_learn(drift: str) -> None:
    found = made(rows=Rows(others={"too many rows from one untrusted key": 400}), drift=drift)
    assert found["outcome"] == (decision.REPORT if drift == drift_report.DRIFT else decision.NOTHING)
    assert "400 too many rows from one untrusted key" in str(found["clauses"])


def test_a_gain_that_is_not_known_does_not_fire_by_itself() -> None:
    found = made(gain=None, no_gain="12 texts of the audit sample are labelled, and 50 are needed")
    assert (found["outcome"], found["decided_by"]) == (decision.NOTHING, "worth")
    assert "12 texts" in found["reason"]


@pytest.mark.parametrize("lacking", ["run_price", "value_per_error"])
def test_a_price_or_a_value_that_is_not_known_asks_a_person(lacking: str) -> None:
    found = made(rule=replace(RULE, **{lacking: None}))  # type: ignore[arg-type]
    assert (found["outcome"], found["run"]) == (decision.ASK, "")
    assert f"retraining.{lacking}" in found["reason"]


@pytest.mark.parametrize("lacking", ["run_price", "value_per_error"])
def test_but_not_where_no_gain_is_shown(lacking: str) -> None:
    found = made(rule=replace(RULE, **{lacking: None}), gain=replace(GAIN, low=-0.01))  # type: ignore[arg-type]
    assert found["outcome"] == decision.NOTHING


def test_after_the_schedule_s_days_a_single_row_trains_if_it_pays() -> None:
    one = Rows(accepted=1)
    found = made(rule=replace(RULE, schedule_days=14), rows=one)
    assert (found["outcome"], found["decided_by"]) == (decision.TRAIN, "schedule")
    assert made(rule=replace(RULE, schedule_days=40), rows=one)["outcome"] == decision.NOTHING
    lost = made(rule=replace(RULE, schedule_days=14), rows=one, gain=replace(GAIN, low=-0.01))
    assert (lost["outcome"], lost["decided_by"]) == (decision.NOTHING, "worth")


def test_the_schedule_asks_where_the_gain_is_not_known() -> None:
    rule = replace(RULE, schedule_days=14)
    few: dict[str, Any] = {"rows": Rows(accepted=10), "gain": None, "no_gain": "no text is labelled"}
    assert made(rule=rule, **few)["outcome"] == decision.ASK
    assert made(rule=replace(rule, schedule_days=40), **few)["outcome"] == decision.NOTHING


@pytest.mark.parametrize(
    ("against", "runs"),
    [
        ("dataset", Runs(erased=True)),
        ("single-flight", Runs(running=["somebody-s-run"])),
        ("single-flight", Runs(starting="fedcba987654")),
        ("test", Runs(test="20261119-080000-abcd")),
        ("cool-down", Runs(last_started="2026-11-20T00:00:00.000Z", spent=2.0, counted=1)),
        ("budget", Runs(last_started="2026-11-02T00:00:00.000Z", spent=48.01, counted=24)),
    ],
)
def test_what_stands_against_a_run_makes_it_wait(against: str, runs: Runs) -> None:
    found = made(runs=runs)
    assert (found["outcome"], found["decided_by"], found["run"]) == (decision.WAIT, against, "")
    assert holds(found)["worth"] is True


def test_a_person_waits_for_no_cool_down_and_needs_no_gain() -> None:
    asked: dict[str, Any] = {"cause": decision.PERSON, "by": "arn:aws:iam::111122223333:user/ana"}
    nothing: dict[str, Any] = {"gain": None, "no_gain": "no text is labelled", "rows": Rows()}
    recent = Runs(last_started="2026-11-20T11:59:00.000Z", spent=2.0, counted=1, test="20261119-080000-abcd")
    found = made(**asked, **nothing, runs=recent, rule=replace(RULE, run_price=None))
    assert (found["outcome"], found["decided_by"], found["price"]) == (decision.TRAIN, "person", None)
    assert "user/ana" in found["reason"]


@pytest.mark.parametrize(
    ("against", "runs"),
    [
        ("dataset", Runs(erased=True)),
        ("single-flight", Runs(running=["somebody-s-run"])),
        ("budget", Runs(spent=48.01, counted=24)),
    ],
)
def test_but_for_a_dataset_that_no_run_may_make_a_run_that_is_on_and_the_budget(against: str, runs: Runs) -> None:
    found = made(cause=decision.PERSON, by="ana", runs=runs)
    assert (found["outcome"], found["decided_by"]) == (decision.WAIT, against)


@pytest.mark.parametrize("frozen", [120, 71])
def test_rows_that_a_version_has_which_led_to_no_better_model_start_no_run_again(frozen: int) -> None:
    found = made(rows=Rows(accepted=120, frozen=frozen), newest_version="v6")
    assert (found["outcome"], found["decided_by"]) == (decision.NOTHING, "rows")
    assert f"v6 has {frozen} of 120" in found["reason"] and "`rubric train --dataset v6`" in found["reason"]


def test_nor_do_rows_in_which_a_run_has_found_nothing_new() -> None:
    found = made(rows=Rows(accepted=120, frozen=100), newest_version="v6", found_nothing="2026-11-18T00:00:00.000Z")
    assert (found["outcome"], found["decided_by"]) == (decision.NOTHING, "rows")
    assert "The run of 2026-11-18T00:00:00.000Z found nothing new to train on in 100 of 120" in found["reason"]


def test_enough_later_rows_do_and_the_schedule_asks_for_a_few() -> None:
    assert made(rows=Rows(accepted=120, frozen=70), newest_version="v6")["outcome"] == decision.TRAIN
    rule = replace(RULE, schedule_days=14)
    few: dict[str, Any] = {"gain": None, "no_gain": "no text is labelled", "newest_version": "v6"}
    assert made(rule=rule, rows=Rows(accepted=120, frozen=119), **few)["outcome"] == decision.ASK
    assert made(rule=rule, rows=Rows(accepted=120, frozen=120), **few)["outcome"] == decision.NOTHING


def test_before_the_first_model_there_is_nothing_to_train_again() -> None:
    found = made(model_version="", gain=None, no_gain="there is no model")
    assert (found["outcome"], "rubric train" in found["reason"]) == (decision.NOTHING, True)


def test_the_budget_of_everything_counts_what_people_started() -> None:
    rule = replace(RULE, cost_budget=30.0)
    assert made(rule=rule)["outcome"] == decision.TRAIN
    full = made(rule=rule, runs=Runs(spent=10.0, counted=5, beside=18.5))
    assert (full["outcome"], full["decided_by"]) == (decision.WAIT, "budget")
    assert "Of cost.monthly_budget_usd, $30.00, $28.50 are spent." in full["reason"]


def test_in_the_budget_of_everything_an_unknown_price_never_fits() -> None:
    rule = replace(RULE, cost_budget=30.0, run_price=None)
    asked = made(rule=rule, cause=decision.PERSON, by="arn:aws:iam::111122223333:user/me")
    assert asked["outcome"] == decision.WAIT
    assert "it cannot be shown to fit" in asked["reason"]
    assert made(rule=replace(rule, cost_budget=None), cause=decision.PERSON)["outcome"] == decision.TRAIN
