"""The services that have VPC endpoints here. MiniStack lacks some that private networks need.

Source: PrivateLink user guide, "AWS services that integrate with AWS PrivateLink", and `InterfaceVpcEndpointAwsService`
of the CDK.
"""

from local_aws.common import scope
from local_aws.patches.ec2 import stores
from local_aws.patches.ec2.stores import Ec2Error

_MORE = (
    *("sagemaker.api", "sagemaker.runtime", "sagemaker.metrics", "states", "codebuild", "cloudformation"),
    *("bedrock", "bedrock-runtime", "application-autoscaling", "autoscaling", "servicequotas", "tagging"),
    *("s3", "dynamodb"),
)


def install() -> None:
    known = stores.INTERFACE_SERVICES.get()
    stores.INTERFACE_SERVICES.set((*known, *(name for name in _MORE if name not in known)))


def short_name(service: str, *, kind: str) -> str:
    """Return `s3` for `com.amazonaws.us-east-1.s3`. kind: Gateway or Interface. Raises Ec2Error."""
    prefix = f"com.amazonaws.{scope.current()[1]}."
    name = service.removeprefix(prefix)
    gateways, others = stores.GATEWAY_SERVICES.get(), stores.INTERFACE_SERVICES.get()
    if not service.startswith(prefix) or name not in (*gateways, *others):
        raise Ec2Error("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    if name not in (gateways if kind == "Gateway" else others):
        raise Ec2Error(
            "InvalidParameter", f"Endpoint type ({kind}) does not match available service types ([Interface])."
        )
    return name
