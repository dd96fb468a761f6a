"""The actions that a template needs beside those of CloudFormation's handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from delivery.execution.needs import actions
from delivery.execution.templates import Environment
from environments.settings import load
from tests.unit.environments.conftest import MINIMAL

ENDPOINT = "AWS::EC2::VPCEndpoint"


def needed(root: Path, properties: dict[str, Any], *, kind: str = ENDPOINT) -> frozenset[str]:
    """What a resource with these properties needs; an endpoint, unless another type is named."""
    (root / "environments").mkdir(exist_ok=True)
    (root / "environments" / "prod.yaml").write_text(MINIMAL)
    template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
    return actions(Environment(settings=load("prod", root=root), templates={"Network": template}))[kind]


def test_an_endpoint_with_a_private_name_is_associated_with_its_zone(tmp_path: Path) -> None:
    zone = "route53:AssociateVPCWithHostedZone"
    assert zone in needed(tmp_path, {"PrivateDnsEnabled": True})
    assert zone not in needed(tmp_path, {"VpcEndpointType": "Gateway"})


def test_a_documentdb_cluster_takes_the_calls_of_rds_and_its_linked_role(tmp_path: Path) -> None:
    plain = needed(tmp_path, {"Port": 27018}, kind="AWS::DocDB::DBCluster")
    assert {"rds:CreateDBCluster", "rds:ModifyDBCluster", "rds:DeleteDBCluster", "rds:DescribeDBClusters"} <= plain
    assert {"rds:AddTagsToResource", "iam:CreateServiceLinkedRole"} <= plain
    with_key = needed(tmp_path, {"KmsKeyId": "key"}, kind="AWS::DocDB::DBCluster")
    assert with_key - plain == {"kms:CreateGrant", "kms:DescribeKey"}
    instance = needed(tmp_path, {"DBInstanceClass": "db.serverless"}, kind="AWS::DocDB::DBInstance")
    assert {"rds:CreateDBInstance", "rds:DeleteDBInstance", "rds:DescribeDBInstances"} <= instance


def test_the_address_of_a_cluster_asks_no_service_that_has_none(tmp_path: Path) -> None:
    found = needed(tmp_path, {"SecretId": "s"}, kind="AWS::SecretsManager::SecretTargetAttachment")
    assert {action.partition(":")[0] for action in found} == {"rds", "secretsmanager"}
