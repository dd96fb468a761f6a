"""Tests the endpoint's autoscaling."""

from __future__ import annotations

from tests.stacks.conftest import Synthesised
from tests.stacks.serving.templates import in_serving


def test_scaling_is_made_after_the_endpoint_and_so_goes_before_it(prod: Synthesised, dev: Synthesised) -> None:
    target = in_serving(prod, "AWS::ApplicationAutoScaling::ScalableTarget")
    [endpoint] = prod.resources("serving", "AWS::SageMaker::Endpoint")
    assert endpoint in target["DependsOn"]
    properties = target["Properties"]
    assert properties["ResourceId"] == "endpoint/rubric-prod/variant/champion"
    assert (properties["MinCapacity"], properties["MaxCapacity"]) == (2, 6)
    policy = in_serving(prod, "AWS::ApplicationAutoScaling::ScalingPolicy")["Properties"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 6000
    assert dev.resources("serving", "AWS::ApplicationAutoScaling::ScalableTarget") == {}
