"""Every resource that any combination of settings makes has a price line."""

from ops.cost import preview, traffic
from ops.cost.charges import table
from tests.published.synthesised.world import World


def test_every_resource_of_every_combination_has_a_line(world: World) -> None:
    for environment in world:
        found = preview.of(environment.settings, environment.templates, traffic=traffic.a_million(environment.settings))
        resources = sum(len(template.get("Resources", {})) for template in environment.templates.values())
        assert len([line for line in found.lines if line.resource != "metrics"]) == resources, environment.name
        assert all(line.charges or line.reason for line in found.lines), environment.name


def test_no_type_is_both_priced_and_free() -> None:
    assert not table.FREE.keys() & table.TYPES.keys()
