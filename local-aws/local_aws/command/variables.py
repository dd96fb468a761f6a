"""The environment variables that point a program at the local AWS and away from any real account."""

import os
import shlex

from local_aws import access_key
from local_aws.command.state_folder import StateFolder

REGION = "us-east-1"
# Never mix the two: the local AWS must not see a profile or session from the user's account, nor the reverse.
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE")
_LOCAL_HOSTS = ("127.0.0.1", "localhost")


def of(folder: StateFolder) -> dict[str, str]:
    """Return the variables that point the AWS CLI, boto3 and the CDK CLI at the local AWS. Raises CommandError."""
    return {
        "AWS_ENDPOINT_URL": folder.endpoint_url,
        "AWS_ACCESS_KEY_ID": folder.access_key,
        "AWS_SECRET_ACCESS_KEY": access_key.SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": _no_proxy(),
        "no_proxy": _no_proxy(),
    }


def shell_lines(folder: StateFolder) -> str:
    """Return the lines for `eval "$(python -m local_aws env)"`. Raises CommandError."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in of(folder).items()]
    return "\n".join([f"unset {' '.join(UNSET)}", *exports])


def _no_proxy() -> str:
    hosts = [host for host in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if host]
    return ",".join([*hosts, *(host for host in _LOCAL_HOSTS if host not in hosts)])
