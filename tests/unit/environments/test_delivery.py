"""Tests loading delivery/delivery.yaml: one sentence for each mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from environments.delivery import Delivered, SettingsError, load, refuse_another
from tests.unit.environments.conftest import MINIMAL

NAMES = {
    "repository": "octo-org/octo-repo",
    "subject": "names",
    "environments": ["dev", "prod"],
    "oidc_provider": "create",
}
IDS = {**NAMES, "subject": "ids", "owner_id": 123456, "repository_id": 456789}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the environments dev, dev2 and prod in one account, and other in another."""
    (tmp_path / "environments").mkdir()
    for name in ("dev", "dev2", "prod"):
        text = f"{MINIMAL}permissions_boundary: rubric-{name}-boundary\n"
        (tmp_path / "environments" / f"{name}.yaml").write_text(text)
    (tmp_path / "environments" / "other.yaml").write_text(f"{text}account: '210987654321'\n")
    (tmp_path / "environments" / "open.yaml").write_text(MINIMAL)
    return tmp_path


def loaded(root: Path, settings: Any) -> Delivered:
    (root / "delivery").mkdir(exist_ok=True)
    (root / "delivery" / "delivery.yaml").write_text(yaml.safe_dump({"delivery": settings}))
    return load(root=root)


def refused(root: Path, settings: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(root, settings)
    message = str(caught.value)
    assert message.startswith("delivery/delivery.yaml: ") and "\n" not in message
    return message.removeprefix("delivery/delivery.yaml: ")


def test_each_form_gives_its_subject(root: Path) -> None:
    names, ids = loaded(root, NAMES).settings.source, loaded(root, IDS).settings.source
    assert names.pull_request == "repo:octo-org/octo-repo:pull_request"
    assert names.deploying("prod") == "repo:octo-org/octo-repo:environment:prod"
    assert ids.pull_request == "repo:octo-org@123456/octo-repo@456789:pull_request"
    assert ids.deploying("prod") == "repo:octo-org@123456/octo-repo@456789:environment:prod"


def test_the_stack_is_the_accounts(root: Path) -> None:
    delivered = loaded(root, NAMES)
    assert (delivered.stack_name, delivered.account, delivered.region) == ("Rubric-Delivery", None, "us-east-1")


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in IDS.items() if name != key}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (without("repository"), "delivery.repository: is required"),
        (without("subject"), "delivery.subject: is required"),
        (
            without("owner_id"),
            "delivery.owner_id: is required with delivery.subject: ids; `gh api repos/octo-org/octo-repo",
        ),
        (without("repository_id"), "delivery.repository_id: is required with delivery.subject: ids"),
        ({**IDS, "subject": "names"}, "delivery.owner_id: is not part of a subject of names; remove it, or set"),
        ({**IDS, "subject": "both"}, "delivery.subject: 'both' is not allowed; use one of: names, ids"),
        ({**NAMES, "repository": "octo-org/*"}, "delivery.repository: 'octo-org/*' is not allowed; use owner/name"),
        ({**NAMES, "repository": "octo-repo"}, "delivery.repository: 'octo-repo' is not allowed; use owner/name"),
        ({**NAMES, "environments": []}, "delivery.environments: [] is not allowed"),
        ({**NAMES, "environments": ["*"]}, "delivery.environments.0: '*' is not allowed; use names of files"),
        ({**NAMES, "environments": ["dev", "dev"]}, "delivery.environments: name each environment once"),
        ({**NAMES, "environments": ["stage"]}, "delivery.environments: environment 'stage' does not exist"),
        ({**NAMES, "environments": ["dev", "other"]}, "delivery.environments: dev and other are not in one account"),
        ({**NAMES, "environments": ["prod", "open"]}, "delivery.environments: open has no permissions_boundary"),
        (
            {**NAMES, "environments": ["dev2", "prod", "dev"]},
            "delivery.environments: dev2 begins with dev, and",
        ),
        ({**NAMES, "oidc_provider": "either"}, "delivery.oidc_provider: 'either' is not allowed; use one of: create"),
    ],
)
def test_a_mistake_is_one_sentence(root: Path, settings: Any, says: str) -> None:
    assert refused(root, settings).startswith(says)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^delivery/delivery\.yaml: no such file; it says which repository"):
        load(root=tmp_path)


RUN = {"environment": "prod", "repository": "octo-org/octo-repo", "owner_id": "123456", "repository_id": "456789"}


@pytest.mark.parametrize("settings", [NAMES, IDS])
def test_the_repositorys_own_run_may_deploy(root: Path, settings: Any) -> None:
    refuse_another(loaded(root, settings), **RUN)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"environment": ""}, "the run names no environment; use one of dev, prod"),
        ({"environment": "stage"}, "stage is not one of delivery.environments (dev, prod)"),
        ({"repository": "fork/octo-repo"}, "fork/octo-repo may not deploy prod: delivery/delivery.yaml lets only"),
        ({"repository_id": "1"}, "octo-org/octo-repo may not deploy prod"),
        ({"owner_id": ""}, "octo-org/octo-repo may not deploy prod"),
    ],
)
def test_a_run_that_may_not_deploy_is_refused(root: Path, change: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        refuse_another(loaded(root, IDS), **{**RUN, **change})
    assert says in str(caught.value)
