"""Every AWS call in lambda_src and ops has valid arguments, and all required ones."""

from __future__ import annotations

import ast

import pytest

from tests.published.sent.calls import calls, of_tree


def test_every_call_has_the_arguments_that_its_operation_takes() -> None:
    found = list(calls())
    assert len(found) > 60
    assert {"lambda_src", "ops"} == {call.where.split("/")[0] for call in found}
    assert [problem for call in found for problem in call.problems()] == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("client.describe_training_job(TrainingJob=name)", "does not take TrainingJob"),
        ("client.describe_training_job()", "needs TrainingJobName"),
        ("client.get_paginator('list_training_jobs').paginate(NameHas=x)", "does not take NameHas"),
        ("client.stop_training_job(Name=x, **rest)", "does not take Name"),
    ],
)
def test_a_broken_call_is_found(code: str, problem: str) -> None:
    [call] = of_tree(ast.parse(code), where="somewhere.py", services=["sagemaker"])
    assert any(problem in found for found in call.problems())


def test_arguments_in_a_mapping_may_be_the_needed_ones() -> None:
    [call] = of_tree(ast.parse("client.describe_training_job(**request)"), where="x.py", services=["sagemaker"])
    assert call.problems() == []
