"""The environment of MiniStack and its child processes: nothing outside the state folder, no real account."""

import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import IO

from local_aws import access_key, private_folder
from local_aws.server import lifecycle

_DEFAULT_PORT = "4566"


class StartError(Exception):
    """The server cannot start; show the message as one line."""


def prepare() -> IO[str]:
    """Set MiniStack's environment from LOCAL_AWS_PORT and LOCAL_AWS_FOLDER; call it before importing MiniStack.

    Returns the open lock file, which reserves the folder for this process until it is closed. Raises StartError.
    """
    port = _port()
    folder = _folder()
    lock = _lock(folder)
    _check_port_free(os.environ.setdefault("BIND_HOST", "127.0.0.1"), port)
    if lifecycle.discard_unsaved(folder):
        print("local-aws: the last server was killed before it could save its state: starting with none.", flush=True)
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    os.environ.update(_ministack(folder, port, temporary))
    os.environ.update(_no_real_account(folder, port))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE", "EDGE_PORT", "SERVICES", "PYTHONPATH"):
        # A Lambda inherits this environment: it must not see a real profile or this package.
        os.environ.pop(name, None)
    return lock


def _ministack(folder: Path, port: int, temporary: Path) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(temporary),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_ACCOUNT_ID": "000000000000",
        "MINISTACK_REGION": "us-east-1",
        # At startup MiniStack removes containers with its label: hide those of any other MiniStack.
        "DOCKER_HOST": f"unix://{temporary}/no-docker.sock",
    }


def _no_real_account(folder: Path, port: int) -> dict[str, str]:
    try:
        key = access_key.of(folder)
    except (access_key.AccessKeyError, private_folder.NotPrivateError) as error:
        raise StartError(str(error)) from None
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": access_key.SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
    }


def _port() -> int:
    text = os.environ.get("LOCAL_AWS_PORT", _DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StartError(f"LOCAL_AWS_PORT is {text!r}: it must be a port number from 1 to 65535.")
    return int(text)


def _folder() -> Path:
    text = os.environ.get("LOCAL_AWS_FOLDER", "")
    if not text:
        raise StartError("LOCAL_AWS_FOLDER is not set: set it to the folder for the local AWS's state.")
    folder = Path(text).absolute()
    try:
        private_folder.make(folder)
    except private_folder.NotPrivateError as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(f"Cannot create {folder} for the local AWS's state: {error.strerror}.") from None
    return folder


def _lock(folder: Path) -> IO[str]:
    try:
        lock = (folder / "server.lock").open("w")
    except OSError as error:
        raise StartError(f"Cannot write in {folder}, the folder of the local AWS's state: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StartError(f"Another local AWS is already running with its state in {folder}: stop it first.") from None
    return lock


def _check_port_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Port {port} on {host} cannot be used ({error.strerror}): set LOCAL_AWS_PORT to a free one."
            ) from None
