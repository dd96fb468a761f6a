"""The gate that checks every request: who may call the local AWS, and from where.

Its functions and jobs are plain processes of the user, so anyone who may call it can run code on the user's machine. A
web page in the user's browser or another user of the machine can reach the port; the gate lets neither through.
"""

import os

from local_aws import private_api
from local_aws.gate import callbacks, credentials
from local_aws.gate.middleware import Gate

_APP = private_api.declare(
    "ministack.app", "app", "stand in front of every request", takes=("scope", "receive", "send")
)


def install() -> None:
    """Wrap MiniStack's application in the gate; must be the outermost wrapper."""
    credentials.install()
    callbacks.install()
    command = os.environ.get("LOCAL_AWS_ENV_COMMAND") or "python -m local_aws env"
    _APP.set(Gate(_APP.get(), port=int(os.environ["GATEWAY_PORT"]), env_command=command))
