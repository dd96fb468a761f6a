"""Where decisions are kept, and what they start."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.deployment import buckets
from contracts.retraining import decision

EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:rubric-dev-retraining:4c1d"


def test_an_execution_makes_one_decision_however_often_it_asks() -> None:
    assert decision.id_of(EXECUTION) == decision.id_of(EXECUTION)
    assert decision.id_of(EXECUTION) != decision.id_of(f"{EXECUTION}2")


def test_keys_are_in_the_order_of_the_times() -> None:
    times = ["2026-11-20T21:35:00.123Z", "2026-11-20T21:35:00.124Z", "2026-12-01T00:00:00.000Z"]
    keys = [decision.key_of(at, decision.id_of(at)) for at in times]
    assert keys == sorted(keys)
    assert all(key.startswith(buckets.RETRAINING) and key.endswith(".json") for key in keys)


def test_a_run_is_named_by_its_decision_and_folds_the_ledger() -> None:
    made = decision.id_of(EXECUTION)
    assert made in decision.run_of(made)
    assert decision.pipeline_input(made) == {"fold_ledger": True, "decision": made}


def test_an_execution_s_input_names_the_person_who_asks() -> None:
    assert decision.person_in({"cause": "person", "by": "arn:aws:iam::1:user/ana"}) == "arn:aws:iam::1:user/ana"
    assert decision.person_in({}) == decision.person_in({"source": "aws.events", "detail": {}}) == ""


@pytest.mark.parametrize("given", [[], "person", 3, None, {"cause": "person"}, {"cause": "me", "by": "ana"}])
def test_any_other_input_is_refused_in_a_sentence(given: Any) -> None:
    with pytest.raises(decision.InputError, match=r'^The execution.s input .*: \{"cause": "person", "by": .* asks'):
        decision.person_in(given)
