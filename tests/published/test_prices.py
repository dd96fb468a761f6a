"""Every resource that any combination of settings makes has a price line."""

from ops.cost import preview, request, traffic
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


def test_the_functions_that_a_request_passes_have_the_memory_that_a_load_test_counts_with(world: World) -> None:
    environment = world["dev"]
    functions = [
        each["Properties"]
        for each in environment.templates[environment.stack("Api")]["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    memory = {each["Handler"]: each["MemorySize"] / 1024 for each in functions}
    assert memory["lambda_src.authorizer.handler.handler"] == request.AUTHORIZER_GB
    assert memory["lambda_src.classify.handler.handler"] == request.CLASSIFY_GB


def test_a_budget_is_made_only_where_it_is_asked_for_and_only_alerts(world: World) -> None:
    found = {
        environment.name: [
            each["Properties"]
            for template in environment.templates.values()
            for each in template.get("Resources", {}).values()
            if each["Type"].startswith("AWS::Budgets::")
        ]
        for environment in world
    }
    with_budget = [environment.name for environment in world if environment.settings.cost.monthly_budget_usd]
    assert [name for name, made in found.items() if made] == with_budget
    for name in with_budget:
        [budget] = found[name]
        settings = world[name].settings
        assert budget["Budget"]["BudgetLimit"] == {"Amount": settings.cost.monthly_budget_usd, "Unit": "USD"}
        assert budget["Budget"]["CostFilters"] == {"TagKeyValue": [f"user:rubric:budget${settings.prefix}"]}
        kinds = {each["Subscribers"][0]["SubscriptionType"] for each in budget["NotificationsWithSubscribers"]}
        assert kinds == {"SNS"}
