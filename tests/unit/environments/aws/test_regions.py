"""environments/aws/regions.yaml has the accounts that AWS publishes."""

from __future__ import annotations

import json
from pathlib import Path

from environments.aws.regions import known

ROOT = Path(__file__).resolve().parents[4]


def published() -> list[tuple[str, dict[str, str]]]:
    """(where from, container account by region): the committed facts, and the SDK's own where it is installed."""
    facts = json.loads((ROOT / "environments/aws/published.json").read_text(encoding="utf-8"))
    accounts = [(facts[name]["source"], facts[name]["accounts"]) for name in ("containers", "sagemaker_core")]
    sdk = "sagemaker/core/image_uri_config/pytorch-amzn2023.json"
    for file in (ROOT / ".venv-notebooks").glob(f"lib/python3*/site-packages/{sdk}"):
        versions = json.loads(file.read_text(encoding="utf-8"))["training"]["versions"]
        accounts += [(f"{file}: {name}", version["registries"]) for name, version in versions.items()]
    return accounts


def test_the_accounts_are_those_that_aws_publishes() -> None:
    ours = {code: region.containers for code, region in known().items()}
    for source, accounts in published():
        assert {code: account for code, account in accounts.items() if ours.get(code, account) != account} == {}, source
    everywhere = {code for _, accounts in published() for code in accounts}
    assert set(ours) - everywhere == set()
