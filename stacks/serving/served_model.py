"""A model of SageMaker and an endpoint configuration that serves it.

L1 resources: the L2 has no network isolation and no data capture.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts.deployment import buckets
from environments.aws.instances import takes_volume_key
from environments.settings import Settings
from stacks.deployment import Deployment, Placement
from stacks.shared.images import container_environment
from stacks.stores import Stores


def served_model(
    scope: Construct, construct_id: str, *, deployment: Deployment, role_arn: str, image_uri: str, artifact_uri: str
) -> sagemaker.CfnModel:
    """The artifact at `artifact_uri` in the container at `image_uri`."""
    settings = deployment.settings
    return sagemaker.CfnModel(
        scope,
        construct_id,
        execution_role_arn=role_arn,
        # SageMaker has no network isolation for a serverless endpoint.
        enable_network_isolation=settings.serving.mode == "real-time",
        primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
            image=image_uri,
            model_data_url=artifact_uri,
            environment=container_environment(settings),
        ),
        vpc_config=_vpc_config(deployment.placement),
    )


def _vpc_config(placement: Placement | None) -> sagemaker.CfnModel.VpcConfigProperty | None:
    if placement is None:
        return None
    return sagemaker.CfnModel.VpcConfigProperty(
        subnets=list(placement.subnet_ids), security_group_ids=list(placement.container_groups)
    )


def endpoint_config(
    scope: Construct,
    construct_id: str,
    *,
    settings: Settings,
    stores: Stores,
    model: sagemaker.CfnModel,
    variant: str,
    instances: int | None,
    capture_percent: int | None,
) -> sagemaker.CfnEndpointConfig:
    """A configuration with one variant, of the settings' kind of capacity.

    instances: their number at first; ignored with `serverless`. capture_percent: of the requests that are kept in S3.
    """
    serving = settings.serving
    with_key = stores.key_arn and serving.instance_type and takes_volume_key(serving.instance_type)
    return sagemaker.CfnEndpointConfig(
        scope,
        construct_id,
        production_variants=[
            sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                variant_name=variant,
                model_name=model.attr_model_name,
                initial_variant_weight=1,
                **_capacity(settings, instances=instances),
            )
        ],
        data_capture_config=_data_capture(stores, percent=capture_percent),
        kms_key_id=stores.key_arn if with_key else None,
    )


def component_config(
    scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores, role_arn: str, variant: str
) -> sagemaker.CfnEndpointConfig:
    """A configuration without a model, whose instances come and go with the copies of an inference component.

    The role is required here where the variant has no model; isolation and the VPC are the endpoint's, for every
    component on it (CreateEndpointConfig in SageMaker's API reference).
    """
    serving, config, placement = deployment.settings.serving, sagemaker.CfnEndpointConfig, deployment.placement
    with_key = stores.key_arn and serving.instance_type and takes_volume_key(serving.instance_type)
    scaling = config.ManagedInstanceScalingProperty(
        status="ENABLED",
        min_instance_count=0,
        # A rolling update starts a new copy before an old one goes.
        max_instance_count=serving.most_instances + 1,
    )
    return config(
        scope,
        construct_id,
        execution_role_arn=role_arn,
        enable_network_isolation=True,
        vpc_config=config.VpcConfigProperty(
            subnets=list(placement.subnet_ids), security_group_ids=list(placement.container_groups)
        )
        if placement
        else None,
        production_variants=[
            config.ProductionVariantProperty(
                variant_name=variant,
                instance_type=serving.instance_type,
                initial_instance_count=1,
                initial_variant_weight=1,
                managed_instance_scaling=scaling,
            )
        ],
        kms_key_id=stores.key_arn if with_key else None,
    )


def _capacity(settings: Settings, *, instances: int | None) -> dict[str, Any]:
    serving = settings.serving
    if serving.mode == "real-time":
        return {
            "instance_type": serving.instance_type,
            "initial_instance_count": instances,
            # The artifact carries the serving packages; two minutes are plenty to unpack it and warm up.
            "container_startup_health_check_timeout_in_seconds": 300,
        }
    serverless = sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
        memory_size_in_mb=serving.serverless_memory_mb or 0, max_concurrency=serving.serverless_max_concurrency or 0
    )
    return {"serverless_config": serverless}


def _data_capture(
    stores: Stores, *, percent: int | None
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
    if not percent:
        # Should an update retain an old capture, which AWS's documents leave open: the role may not write it.
        return None
    config = sagemaker.CfnEndpointConfig
    return config.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=percent,
        destination_s3_uri=f"s3://{stores.artifacts.name}/{buckets.CAPTURE.rstrip('/')}",
        kms_key_id=stores.key_arn,
        capture_options=[config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
        # Without it SageMaker writes the bodies in base64.
        capture_content_type_header=config.CaptureContentTypeHeaderProperty(
            json_content_types=["application/json"], csv_content_types=["text/csv"]
        ),
    )
