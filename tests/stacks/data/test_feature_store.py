"""The feature store's resources: only what the settings ask for, and a way from one function to the server alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.conftest import Synthesise, Synthesised

PRIVATE = "network: {mode: private}\n"
CLUSTER = PRIVATE + "features: {store: mongodb, mongodb: {cluster: documentdb, instances: 2, max_capacity: 8.0}}"
SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
ATLAS = (
    PRIVATE + f"features: {{store: mongodb, mongodb: {{secret: rubric/x, server: atlas, private_endpoint: {SERVICE}}}}}"
)


@pytest.fixture(scope="module")
def cluster(synthesise: Synthesise) -> Synthesised:
    return synthesise("prod", change=CLUSTER)


def only(found: dict[str, Any]) -> dict[str, Any]:
    [resource] = found.values()
    return dict(resource)


def test_unset_there_is_nothing(each: Synthesised) -> None:
    assert "features" not in each.stacks.api.watched.functions
    assert not [name for name in each.resources("data", "AWS::DynamoDB::GlobalTable") if "Feature" in name]


def test_the_cluster_is_encrypted_and_its_password_is_in_no_template(cluster: Synthesised) -> None:
    found = only(cluster.resources("data", "AWS::DocDB::DBCluster"))
    properties = found["Properties"]
    assert properties["StorageEncrypted"] is True
    assert properties["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 8.0}
    password = json.dumps(properties["MasterUserPassword"])
    assert "{{resolve:secretsmanager:" in password
    assert ":SecretString:password}}" in password
    instances = cluster.resources("data", "AWS::DocDB::DBInstance").values()
    assert [one["Properties"]["DBInstanceClass"] for one in instances] == ["db.serverless"] * 2


def test_what_is_to_be_kept_is_kept_and_nothing_else(cluster: Synthesised, synthesise: Synthesise) -> None:
    kept = only(cluster.resources("data", "AWS::DocDB::DBCluster"))
    assert (kept["DeletionPolicy"], kept["Properties"]["DeletionProtection"]) == ("Retain", True)
    gone = only(
        synthesise("prod", change=CLUSTER + "\ndata: {retain: false}").resources("data", "AWS::DocDB::DBCluster")
    )
    # Without a policy of its own CloudFormation would keep a snapshot.
    assert (gone["DeletionPolicy"], gone["Properties"]["DeletionProtection"]) == ("Delete", False)


def test_one_function_may_go_to_the_server_and_only_there(cluster: Synthesised) -> None:
    groups = {
        name: group["Properties"]
        for name, group in cluster.resources("data", "AWS::EC2::SecurityGroup").items()
        if "Feature" in name
    }
    [client] = [name for name in groups if "Client" in name]
    [server] = [name for name in groups if "Server" in name]
    [out] = groups[client]["SecurityGroupEgress"]
    assert out["DestinationSecurityGroupId"] == {"Fn::GetAtt": [server, "GroupId"]}
    assert (out["FromPort"], out["ToPort"]) == (27018, 27018)
    assert [rule["CidrIp"] for rule in groups[server]["SecurityGroupEgress"]] == ["127.0.0.1/32"]
    into = only(cluster.resources("data", "AWS::EC2::SecurityGroupIngress"))["Properties"]
    assert into["SourceSecurityGroupId"] == {"Fn::GetAtt": [client, "GroupId"]}
    exported = json.dumps({"Fn::GetAtt": [client, "GroupId"]})
    outputs = cluster.template("data").to_json()["Outputs"].values()
    [name] = [one["Export"]["Name"] for one in outputs if json.dumps(one["Value"]) == exported]
    having = [
        function["Properties"]["Handler"]
        for function in cluster.everything("AWS::Lambda::Function").values()
        if name in json.dumps(function["Properties"].get("VpcConfig", {}))
    ]
    assert having == ["lambda_src.features.handler.handler"]


def test_only_that_function_has_the_driver_and_the_secret(cluster: Synthesised) -> None:
    functions = cluster.everything("AWS::Lambda::Function").values()
    having = [each["Properties"]["Handler"] for each in functions if "Layers" in each["Properties"]]
    assert having == ["lambda_src.features.handler.handler"]
    telling = [each for each in functions if "MONGODB_SECRET" in json.dumps(each["Properties"]["Environment"])]
    assert len(telling) == 1


def test_atlas_is_reached_by_an_endpoint_of_its_own(synthesise: Synthesise) -> None:
    found = synthesise("dev", change=ATLAS)
    endpoint = only(found.resources("data", "AWS::EC2::VPCEndpoint"))["Properties"]
    assert (endpoint["ServiceName"], endpoint["VpcEndpointType"]) == (SERVICE, "Interface")
    assert found.resources("data", "AWS::DocDB::DBCluster") == {}


def test_dynamodb_makes_two_tables_of_which_classify_reads_the_newest_values_alone(synthesise: Synthesise) -> None:
    found = synthesise("dev", change="features: {store: dynamodb}")
    tables = [name for name in found.resources("data", "AWS::DynamoDB::GlobalTable") if "Feature" in name]
    assert len(tables) == 2
    policies = json.dumps([each for place, each in found.everything("AWS::IAM::Policy").items() if "Classify" in place])
    assert "FeaturesTable" in policies
    assert "FeatureHistoryTable" not in policies
