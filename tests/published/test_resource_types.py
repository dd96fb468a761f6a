"""Reviews of changes know every type in the templates: which properties replace a resource, and how it is read."""

from environments.aws.resource_types import known
from tests.published.synthesised.world import World


def test_every_type_is_known(world: World) -> None:
    used = {str(each["Type"]) for template in world.distinct for each in template.content["Resources"].values()}
    unknown = {name for name in used if not name.startswith("Custom::")} - known().keys()
    assert not unknown - {"AWS::CloudFormation::CustomResource"}, (
        "add their services to tools/aws_facts/resource_types.py"
    )
