"""The first model's machine always answers CloudFormation."""

from __future__ import annotations

from tests.stacks.training.machines.definitions import FIRST


def test_cloudformation_is_answered_however_the_first_training_ends() -> None:
    states = FIRST["States"]
    for end, state in states.items():
        if state["Type"] in ("Succeed", "Fail"):
            before = [name for name, other in states.items() if other.get("Next") == end]
            assert [states[name]["Resource"] for name in before] == ["first"], end
    assert states["There is a model"]["Parameters"]["status"] == "SUCCESS"
    assert states["Answer with the reason"]["Parameters"]["reason.$"] == "$.described.Cause"
    assert states["Answer with the error"]["Parameters"]["status"] == "FAILED"
