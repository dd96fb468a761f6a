"""The table of instance types by region is that of the pinned cfn-lint, and is read correctly."""

import pytest

from environments.aws import instance_regions
from tools.aws_facts.instance_regions import TARGET, render


def test_the_table_is_the_pinned_packages() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "run `python -m tools.aws_facts.instance_regions`"
    assert instance_regions.source().startswith("cfn-lint ")


@pytest.mark.parametrize(
    ("instance_type", "region", "use", "expected"),
    [
        ("ml.c7i.large", "us-east-1", "hosting", True),
        ("ml.g5.xlarge", "us-east-1", "training", True),
        ("ml.g5.xlarge", "me-south-1", "training", False),
        ("ml.c7i.large", "eu-central-1", "hosting", False),
        ("ml.c7i.large", "eu-central-1", "training", True),
        ("ml.c7i.large", "nowhere", "hosting", False),
    ],
)
def test_listed(instance_type: str, region: str, use: instance_regions.Use, expected: bool) -> None:
    assert instance_regions.listed(instance_type, region=region, use=use) is expected


def test_known_regions() -> None:
    assert instance_regions.known_region("us-east-1")
    assert not instance_regions.known_region("nowhere")
