"""The training script accepts every hyperparameter that the settings allow."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo

from environments.sections.training import Hyperparameters
from model_code.training.settings import parse_arguments
from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

# A step inside of an end that does not belong to the range.
_STEP = 1e-6


def ends(field: FieldInfo) -> list[Any]:
    """The lowest and the highest value that a field takes, or all of its words."""
    [kind] = [arg for arg in get_args(field.annotation) if arg is not type(None)]
    limits = [*field.metadata, *(part for item in getattr(kind, "__metadata__", ()) for part in item.metadata)]
    found = {
        name: getattr(limit, name) for limit in limits for name in ("ge", "gt", "le", "lt") if hasattr(limit, name)
    }
    if not found:
        return list(get_args(kind))
    low = found["ge"] if "ge" in found else found["gt"] + _STEP
    return [low, found["le"] if "le" in found else found["lt"] - _STEP]


# The script has more to say about these two together than either field has alone.
TOGETHER = {"hidden_size": {"heads": "1"}, "heads": {"hidden_size": "192"}}


@pytest.mark.parametrize("name", list(Hyperparameters.model_fields))
def test_the_script_takes_both_ends_of_every_range(name: str) -> None:
    values = ends(Hyperparameters.model_fields[name])
    assert len(values) >= 2
    for value in values:
        Hyperparameters.model_validate({name: value})
        hyperparameters = {"base_model": "compact", **TOGETHER.get(name, {}), name: str(value)}
        taken = parse_arguments([word for key, text in hyperparameters.items() for word in (f"--{key}", text)])
        assert getattr(taken, name) == value


REFUSED = [
    (
        "training: {hyperparameters: {test_fraction: 0.5}}",
        "training.hyperparameters.test_fraction: 0.5 is not allowed; use less than 0.5",
    ),
    (
        "training: {hyperparameters: {class_weights: some}}",
        "training.hyperparameters.class_weights: 'some' is not allowed; use one of: none, balanced",
    ),
    (
        "training: {hyperparameters: {label_smoothing: 1.0}}",
        "training.hyperparameters.label_smoothing: 1.0 is not allowed; use less than 1",
    ),
    ("training: {instance_count: 17}", "training.instance_count: 17 is not allowed; use 16 or less"),
    ("training: {instance_count: 0}", "training.instance_count: 0 is not allowed; use 1 or more"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0.05), ("max_regression: 0.1", 0.1), ("max_possible_regression: 0.2", 0.2)]
)
def test_the_possible_regression_is_never_below_the_allowed_one(load_text: Loader, text: str, expected: float) -> None:
    gate = load_text(override=f"training: {{gate: {{{text}}}}}").training.gate
    assert gate.possible_regression == expected
