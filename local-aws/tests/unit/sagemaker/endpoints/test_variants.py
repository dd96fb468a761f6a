"""Tests weights and instance counts during an update."""

from local_aws.sagemaker.endpoints import variants

CONFIG = {
    "ProductionVariants": [
        {"VariantName": "a", "InitialVariantWeight": 1.0, "InitialInstanceCount": 1},
        {"VariantName": "b", "InitialVariantWeight": 3.0, "InitialInstanceCount": 2},
    ]
}


def scaled() -> dict[str, object]:
    result = variants.initial(CONFIG)
    result[0].update(DesiredWeight=5.0, DesiredInstanceCount=4)
    return {"ProductionVariants": variants.reached(result)}


def counts(found: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(variant["CurrentWeight"], variant["CurrentInstanceCount"]) for variant in found]


def test_an_update_starts_over_from_the_configuration() -> None:
    assert counts(variants.updated(scaled(), CONFIG, request={})) == [(1.0, 1), (3.0, 2)]


def test_retained_properties_are_kept_but_for_the_excluded() -> None:
    request: dict[str, object] = {"RetainAllVariantProperties": True}
    assert counts(variants.updated(scaled(), CONFIG, request=request)) == [(5.0, 4), (3.0, 2)]
    request["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": "DesiredWeight"}]
    assert counts(variants.updated(scaled(), CONFIG, request=request)) == [(1.0, 4), (3.0, 2)]


def test_a_serverless_variant_has_no_desired_count() -> None:
    config = {"ProductionVariants": [{"VariantName": "a", "ServerlessConfig": {"MaxConcurrency": 1}}]}
    (variant,) = variants.initial(config)
    assert "DesiredInstanceCount" not in variant and variant["CurrentServerlessConfig"] == {"MaxConcurrency": 1}
    assert variants.updated(
        {"ProductionVariants": [variant]}, config, request={"RetainAllVariantProperties": True}
    ) == [variant]
