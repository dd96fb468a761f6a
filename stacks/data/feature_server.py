"""The feature store on MongoDB: an Amazon DocumentDB cluster, or what reaches a server that is there already."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_docdb as docdb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from environments.sections.features import MongoDb
from stacks.deployment import Deployment, Placement
from stacks.shared.acknowledgements import accept, acknowledge

# Another than MongoDB's own: nothing that looks for such servers finds it (cdk-nag, DOC2).
PORT = 27018
# Atlas answers at a port of its own for each node ("Port Ranges Used for Private Endpoints" in its documentation).
_ATLAS_PORTS = (1024, 65535)
_USER = "rubric"
_PASSWORD_LENGTH = 48
_BACKUP_DAYS = 7
_NOWHERE = "127.0.0.1/32"


class FeatureCluster(Construct):
    """A cluster whose instances grow and shrink with its use, its user, and the secret that has both."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, key: kms.IKey | None) -> None:
        super().__init__(scope, construct_id)
        mongodb, placement = _of(deployment)
        key_arn = key.key_arn if key else None
        secret = self._secret(deployment, key_arn)
        self.client_group, server_group = _groups(
            self, deployment=deployment, placement=placement, what="DocumentDB", ports=(PORT, PORT)
        )
        subnets = docdb.CfnDBSubnetGroup(
            self,
            "Subnets",
            db_subnet_group_description=f"{deployment.settings.prefix}: the feature store.",
            subnet_ids=list(placement.subnet_ids),
        )
        cluster = docdb.CfnDBCluster(
            self,
            "Cluster",
            engine_version=f"{mongodb.version}.0",
            # Resolved by CloudFormation when it makes the cluster: the template has no password.
            master_username=_resolved(secret, "username"),
            master_user_password=_resolved(secret, "password"),
            serverless_v2_scaling_configuration=docdb.CfnDBCluster.ServerlessV2ScalingConfigurationProperty(
                min_capacity=mongodb.least_capacity, max_capacity=mongodb.most_capacity
            ),
            db_subnet_group_name=subnets.ref,
            vpc_security_group_ids=[server_group.attr_group_id],
            port=PORT,
            storage_encrypted=True,
            kms_key_id=key_arn,
            backup_retention_period=_BACKUP_DAYS,
            deletion_protection=deployment.settings.data.retain,
        )
        # Without a policy CloudFormation may keep a snapshot, which costs and is not counted as left.
        cluster.apply_removal_policy(deployment.removal_policy)
        accept(cluster, "DOC5", because="Its exported logs would outlive the environment, in a group of their own.")
        for number in range(mongodb.instance_count):
            instance = docdb.CfnDBInstance(
                self, f"Instance{number + 1}", db_cluster_identifier=cluster.ref, db_instance_class="db.serverless"
            )
            instance.apply_removal_policy(deployment.removal_policy)
            acknowledge(
                instance,
                "CloudFormation-Validate::E3620",
                because="The list of the validation is older than serverless instances (AWS::DocDB::DBCluster).",
            )
        # Adds the host and the port to the secret.
        secretsmanager.CfnSecretTargetAttachment(
            self, "Address", secret_id=secret.ref, target_id=cluster.ref, target_type="AWS::DocDB::DBCluster"
        )
        self.secret_arn = secret.ref

    def _secret(self, deployment: Deployment, key_arn: str | None) -> secretsmanager.CfnSecret:
        secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            description="The user and the address of the feature store.",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template=json.dumps({"username": _USER}),
                generate_string_key="password",
                password_length=_PASSWORD_LENGTH,
                exclude_punctuation=True,
            ),
            kms_key_id=key_arn,
        )
        secret.apply_removal_policy(deployment.removal_policy)
        accept(secret, "SMG4", because="The cluster is in a VPC without a function that could change its password.")
        return secret


class AtlasEndpoint(Construct):
    """The way to Atlas from a network without one: an interface endpoint, unless one is there."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        mongodb, placement = _of(deployment)
        named = mongodb.private_endpoint or ""
        self.client_group, server_group = _groups(
            self, deployment=deployment, placement=placement, what="Atlas", ports=_ATLAS_PORTS
        )
        if not named.startswith("vpce-"):
            ec2.CfnVPCEndpoint(
                self,
                "Endpoint",
                vpc_id=placement.vpc_id,
                service_name=named,
                vpc_endpoint_type="Interface",
                # Atlas's own DNS names the endpoint's addresses.
                private_dns_enabled=False,
                subnet_ids=list(placement.subnet_ids),
                security_group_ids=[server_group.attr_group_id],
            )


def _of(deployment: Deployment) -> tuple[MongoDb, Placement]:
    mongodb, placement = deployment.settings.features.mongodb, deployment.placement
    assert mongodb is not None
    assert placement is not None
    return mongodb, placement


def _groups(
    scope: Construct, *, deployment: Deployment, placement: Placement, what: str, ports: tuple[int, int]
) -> tuple[str, ec2.CfnSecurityGroup]:
    """(the group of the function that speaks to the server, the server's own): the way from one to the other alone."""
    prefix = deployment.settings.prefix
    server = ec2.CfnSecurityGroup(
        scope,
        "ServerGroup",
        vpc_id=placement.vpc_id,
        group_description=f"{prefix}: {what}.",
        security_group_egress=[_nothing_out()],
    )
    client = ec2.CfnSecurityGroup(
        scope,
        "ClientGroup",
        vpc_id=placement.vpc_id,
        group_description=f"{prefix}: the function that reads and writes features.",
        security_group_egress=[
            ec2.CfnSecurityGroup.EgressProperty(
                ip_protocol="tcp",
                from_port=ports[0],
                to_port=ports[1],
                destination_security_group_id=server.attr_group_id,
                description=f"To {what}.",
            )
        ],
    )
    ec2.CfnSecurityGroupIngress(
        scope,
        "FromClient",
        group_id=server.attr_group_id,
        ip_protocol="tcp",
        from_port=ports[0],
        to_port=ports[1],
        source_security_group_id=client.attr_group_id,
        description="From the function that reads and writes features.",
    )
    return client.attr_group_id, server


def _nothing_out() -> ec2.CfnSecurityGroup.EgressProperty:
    """EC2 adds a rule that lets everything out to a group without one."""
    return ec2.CfnSecurityGroup.EgressProperty(ip_protocol="-1", cidr_ip=_NOWHERE, description="Nothing goes out.")


def _resolved(secret: secretsmanager.CfnSecret, key: str) -> str:
    return cdk.Fn.join("", ["{{resolve:secretsmanager:", secret.ref, f":SecretString:{key}}}}}"])
