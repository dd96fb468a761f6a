"""Where a deploy may call an action: what IAM says of it, with the tags that a call has."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from delivery.execution.documents import statements
from delivery.execution.scopes import Names, scopes, scopes_of
from delivery.place import Place
from environments.settings import load
from local_aws.iam import Decision, Request, decide
from tests.unit.environments.conftest import MINIMAL

OWN = {"project": "rubric", "environment": "prod"}


@pytest.fixture
def names(tmp_path: Path) -> Names:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "prod.yaml").write_text(f"{MINIMAL}permissions_boundary: rubric-prod-boundary\n")
    place = Place(partition="aws", account="123456789012", qualifier="hnb659fds")
    return Names(settings=load("prod", root=tmp_path), place=place)


def may(
    names: Names, action: str, resource: str, *, request: dict[str, str], has: dict[str, str], call: str = ""
) -> bool:
    """Whether a call with these tags is allowed on a resource that has those; call: that makes the resource."""
    document = {"Statement": statements((action, each) for each in scopes_of(action, list(scopes(names))))}
    keys = {f"aws:requesttag/{key}": value for key, value in request.items()}
    keys |= {"sagemaker:taggingaction": call} if call else {}
    keys |= {f"aws:resourcetag/{key}": value for key, value in has.items()}
    arn = f"arn:aws:{action.partition(':')[0]}:{names.settings.region}:123456789012:{resource}"
    return decide([document], Request(action, arn, keys)) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"), [("kms:TagResource", "key/1"), ("sagemaker:AddTags", "model/RubricModel-1")]
)
def test_a_tag_is_added_to_what_is_new_and_to_what_is_the_environments(
    names: Names, action: str, resource: str
) -> None:
    """CloudFormation gives a new resource all of its tags, and later those that changed."""
    assert may(names, action, resource, request=OWN, has={}, call="CreateModel")
    assert may(names, action, resource, request={"cost-center": "7"}, has=OWN)
    assert not may(names, action, resource, request={"cost-center": "7"}, has={}, call="CreateModel")
    assert not may(names, action, resource, request={"cost-center": "7"}, has={**OWN, "environment": "dev"})


def test_clusters_are_the_environments_own_with_the_defaults_of_their_engine(names: Names) -> None:
    def is_allowed(action: str, resource: str) -> bool:
        return may(names, action, resource, request=OWN, has={})

    assert is_allowed("rds:CreateDBCluster", "cluster:rubric-prod-data-featurescluster-1a2b")
    assert is_allowed("rds:CreateDBCluster", "cluster-pg:default.docdb5.0")
    assert is_allowed("rds:DeleteDBCluster", "cluster:rubric-prod-data-featurescluster-1a2b")
    for action, resource in (
        ("rds:DeleteDBCluster", "cluster:rubric-dev-data-featurescluster-1a2b"),
        ("rds:ModifyDBCluster", "cluster:default"),
        ("rds:ModifyDBSubnetGroup", "subgrp:default"),
        ("rds:DeleteDBClusterParameterGroup", "cluster-pg:default.docdb5.0"),
    ):
        assert not is_allowed(action, resource), action


def test_only_an_environment_with_a_cluster_may_make_its_services_role(names: Names, tmp_path: Path) -> None:
    role = "arn:aws:iam::123456789012:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"

    def making(of: Names) -> tuple[str, ...]:
        return next(each.resources for each in scopes(of) if "iam:CreateServiceLinkedRole" in each.actions)

    assert role not in making(names)
    cluster = "features: {store: mongodb, mongodb: {cluster: documentdb}}\nnetwork: {mode: private}\n"
    (tmp_path / "environments" / "prod.yaml").write_text(f"{MINIMAL}{cluster}")
    registry = Path(__file__).parents[3] / "environments" / "registry"
    shutil.copytree(registry, tmp_path / "environments" / "registry")
    assert role in making(replace(names, settings=load("prod", root=tmp_path)))
