"""Permission to pull an image from ECR, which needs an identity policy even for images in AWS's own accounts.

Source of the message: a stack's CREATE_FAILED for `763104351884.dkr.ecr.sa-east-1.amazonaws.com/huggingface-...`,
published by its owner ("The role '...' does not have BatchGetImage permission for the image: '...'."). The message is
assumed to be the same for the other actions that "Execution roles" lists.
"""

import re

from local_aws import iam

_IMAGE = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+)")
_ON_REPOSITORY = ("BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability")


def refusal(role: iam.Role, image: str) -> str | None:
    """Return why the role cannot pull the image; None if it can, or if the image is not in an ECR repository."""
    named = _IMAGE.match(image)
    if named is None:
        return None
    repository = f"arn:aws:ecr:{named['region']}:{named['account']}:repository/{named['repository']}"
    needs = [("GetAuthorizationToken", "*"), *((action, repository) for action in _ON_REPOSITORY)]
    for action, resource in needs:
        if not role.may(f"ecr:{action}", resource):
            return f"The role '{role.arn}' does not have {action} permission for the image: '{image}'."
    return None
