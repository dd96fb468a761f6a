"""`rubric wake` and what `rubric status` says of a model that sleeps, on fakes of the clients."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contracts.deployment import stack_outputs
from contracts.serving import wakes as contract
from ops.errors import OpsError
from ops.monitoring import wakes


class Account:
    """A component whose copies come two looks after they are asked for, and a schedule that may forbid them."""

    def __init__(self, *, sleeps: bool = True, most: int = 2, fails: bool = False) -> None:
        self.copies = self.wanted = self.looks = 0
        self.most, self.fails, self.env = most, fails, "dev"
        self.settings = SimpleNamespace(serving=SimpleNamespace(min_instances=1))
        outputs = {stack_outputs.ENDPOINT_NAME: "c", stack_outputs.REQUEST_LOG_TABLE_NAME: "requests"}
        self.stacks = SimpleNamespace(get=(outputs | ({stack_outputs.SERVED_MODEL_NAME: "m"} if sleeps else {})).get)

    def client(self, _: str) -> Account:
        return self

    def describe_inference_component(self, **_: str) -> dict[str, Any]:
        self.looks += self.wanted
        if self.fails and self.looks:
            self.wanted = 0
        elif self.looks > 1:
            self.copies = self.wanted
        runtime = {"CurrentCopyCount": self.copies, "DesiredCopyCount": self.wanted}
        failure = {"FailureReason": "no instances"} if self.fails and self.looks else {}
        return {"InferenceComponentStatus": "InService", "RuntimeConfig": runtime, **failure}

    def describe_scalable_targets(self, **_: Any) -> dict[str, Any]:
        return {"ScalableTargets": [{"MaxCapacity": self.most}]}

    def update_inference_component_runtime_config(self, **request: Any) -> None:
        self.wanted = request["DesiredRuntimeConfig"]["CopyCount"]

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": {contract.WAKES: {"L": [{"N": "200"}, {"N": "300.5"}]}}}


def woken(account: Account) -> tuple[wakes.Sleep, list[str]]:
    said: list[str] = []
    now, _ = wakes.wake(account, timeout=60, say=said.append, sleep=lambda _: None)  # type: ignore[arg-type]
    return now, said


def test_a_model_that_sleeps_is_woken_and_waited_for() -> None:
    now, said = woken(Account())
    assert (now.state, now.copies) == ("awake", 1)
    assert said == ["c was asleep and is being woken; that takes about 250 s here."]


def test_what_it_says_before() -> None:
    now = wakes.read(Account())  # type: ignore[arg-type]
    assert now is not None and (now.state, now.wakes) == ("asleep", [200.0, 300.5])


@pytest.mark.parametrize(
    ("account", "message"),
    [
        (Account(sleeps=False), "The model of dev never sleeps: serving.min_instances is 1"),
        (Account(most=0), "serving.schedule keeps the model asleep now"),
        (Account(fails=True), "The model c did not wake: no instances"),
    ],
)
def test_what_cannot_wake_is_said(account: Account, message: str) -> None:
    with pytest.raises(OpsError, match=message):
        woken(account)
