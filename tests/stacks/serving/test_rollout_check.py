"""An update whose rollout SageMaker took back fails."""

from __future__ import annotations

from tests.stacks.conftest import Synthesised
from tests.stacks.serving.templates import rollouts


def test_an_update_whose_rollout_is_taken_back_fails(each: Synthesised) -> None:
    """The check comes after the endpoint, and is asked whenever the configuration is another."""
    [(name, check)] = each.resources("serving", "Custom::RolloutCheck").items()
    assert not name.startswith("RolloutCheck"), "so it was called with a function in this stack: no token can change"
    [(endpoint, resource)] = each.resources("serving", "AWS::SageMaker::Endpoint").items()
    assert endpoint in check["DependsOn"]
    wanted = resource["Properties"]["EndpointConfigName"]
    assert check["Properties"]["EndpointConfigName"] == wanted
    assert check["Properties"]["EndpointName"] == resource["Properties"]["EndpointName"]
    outputs = each.template("serving").to_json()["Outputs"]
    assert outputs["EndpointConfigName"]["Value"] == wanted
    # The result is known only after the longest time that the endpoint may take.
    longest = each.stacks.data.settings.serving.longest_rollout_seconds
    for rollout in rollouts(each):
        assert rollout["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] == longest
    assert 600 <= longest <= 28_800
