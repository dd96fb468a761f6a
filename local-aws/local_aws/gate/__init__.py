"""The gate in front of every request: who may call the local AWS, and from where.

Its functions and jobs are plain processes of the user, so whoever may call it may run code on the user's machine. A web
page that is open in the user's browser and other users of the machine can reach the port; neither gets through.
"""

import os

from local_aws import private_api
from local_aws.gate import callbacks, credentials
from local_aws.gate.middleware import Gate

_APP = private_api.declare(
    "ministack.app", "app", "stand in front of every request", takes=("scope", "receive", "send")
)


def install() -> None:
    """Put the gate before MiniStack's application; it must be the last to wrap that."""
    credentials.install()
    callbacks.install()
    command = os.environ.get("LOCAL_AWS_ENV_COMMAND") or "python -m local_aws env"
    _APP.set(Gate(_APP.get(), port=int(os.environ["GATEWAY_PORT"]), env_command=command))
