"""Prepare a training job: fill its folders and assemble its command and variables."""

import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.containers import images
from local_aws.containers.errors import ContainerFailure
from local_aws.containers.files import archive, storage
from local_aws.containers.processes.environment import base_environment
from local_aws.containers.processes.isolation import without_credentials
from local_aws.containers.training import overlay, own_command
from local_aws.containers.training.hosts import Host
from local_aws.containers.training.script_mode import (
    Hyperparameters,
    Layout,
    channel_names,
    in_a_shell,
    script_environment,
    write_config,
)

_SUBMITTED, _PROGRAM = "sagemaker_submit_directory", "sagemaker_program"


@dataclass(frozen=True)
class Launch:
    """How to start a training script: in the code folder, with exactly this environment."""

    command: list[str]
    environment: dict[str, str]


def prepare(*, request: Mapping[str, Any], layout: Layout, s3: Any, host: Host) -> Launch:
    """Download the channels and the source, and lay out the folders. Raises ContainerFailure, OSError."""
    hyperparameters = Hyperparameters.of(request.get("HyperParameters", {}))
    try:
        launch = _launch(request, layout, hyperparameters, s3, host)
    except images.ImageError as error:
        raise ContainerFailure(f"ClientError: {error}") from error
    layout.make(channel_names(request))
    write_config(layout, request, host)
    for channel in request.get("InputDataConfig", []):
        _download_channel(s3, channel, layout.channel(channel["ChannelName"]), request, host)
    if own_command.is_given(request["AlgorithmSpecification"]):
        own_command.relocate(layout, host)
        return _with_own_packages(launch, layout)
    source = s3 if not request.get("EnableNetworkIsolation") else None
    _unpack_source(source, hyperparameters, layout)
    return launch


def _launch(
    request: Mapping[str, Any], layout: Layout, hyperparameters: Hyperparameters, s3: Any, host: Host
) -> Launch:
    specification = request["AlgorithmSpecification"]
    if "TrainingImage" not in specification:
        raise ContainerFailure("ClientError: The local AWS runs training images, not algorithms of AWS Marketplace.")
    image = images.find(specification["TrainingImage"], "train")
    if own_command.is_given(specification):
        return _own_launch(request, image, layout, s3, host)
    program = hyperparameters.container.get(_PROGRAM, "")
    if image.is_script_mode and not program:
        raise ContainerFailure(f"AlgorithmError: The hyperparameter {_PROGRAM} does not name a script, exit code: 1", 1)
    variables = {"SAGEMAKER_PROGRAM": str(layout.code / program), "SAGEMAKER_BASE_DIR": str(layout.base)}
    command = [images.expand(word, variables) for word in image.train]
    environment = (
        base_environment(s3)
        | {"PYTHONPATH": str(layout.code)}
        | {name: images.expand(value, variables) for name, value in image.environment.items()}
        | script_environment(layout, request, hyperparameters, host)
        | {name: own_command.relocated(value, layout) for name, value in request.get("Environment", {}).items()}
        | _of_job(request, layout, s3)
    )
    if request.get("EnableNetworkIsolation"):
        environment = without_credentials(environment)
    return Launch(in_a_shell(command, hyperparameters.arguments()) if image.is_script_mode else command, environment)


def _own_launch(request: Mapping[str, Any], image: images.Image, layout: Layout, s3: Any, host: Host) -> Launch:
    """Launch the job's own command. As on AWS, it gets no SM_... variables except those that it sets."""
    master = {} if host.master_port is None else {"MASTER_PORT": str(host.master_port)}
    variables = {"SAGEMAKER_BASE_DIR": str(layout.base)}
    requested = request.get("Environment", {})
    environment = (
        base_environment(s3)
        | {name: images.expand(value, variables) for name, value in image.environment.items()}
        | master
        | {name: own_command.relocated(value, layout) for name, value in requested.items()}
        | _of_job(request, layout, s3)
    )
    if request.get("EnableNetworkIsolation"):
        environment = without_credentials(environment)
    return Launch(own_command.command(request["AlgorithmSpecification"], layout), environment)


def _with_own_packages(launch: Launch, layout: Layout) -> Launch:
    """Keep the job's own packages out of the environment that all jobs share."""
    folder = layout.base.parent / "python"
    added = overlay.make(folder)
    path = os.pathsep.join([str(folder / "bin"), launch.environment["PATH"]])
    return Launch(launch.command, added | launch.environment | {"PATH": path})


def _of_job(request: Mapping[str, Any], layout: Layout, s3: Any) -> dict[str, str]:
    return {
        "SAGEMAKER_BASE_DIR": str(layout.base),
        "TRAINING_JOB_NAME": request["TrainingJobName"],
        "TRAINING_JOB_ARN": _arn(request, s3),
    }


def _arn(request: Mapping[str, Any], s3: Any) -> str:
    role = request.get("RoleArn", "").split(":")
    account = role[4] if len(role) > 4 else "000000000000"
    return f"arn:aws:sagemaker:{s3.meta.region_name}:{account}:training-job/{request['TrainingJobName']}"


def _download_channel(
    s3: Any, channel: Mapping[str, Any], folder: Path, request: Mapping[str, Any], host: Host
) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source.get("S3DataType", "S3Prefix") != "S3Prefix" or channel.get("InputMode") == "Pipe":
        raise ContainerFailure(
            "ClientError: The local AWS reads channels of the S3DataType S3Prefix, as files, and no others; "
            f"{channel['ChannelName']} asks for something else."
        )
    uri = source["S3Uri"]
    try:
        files = storage.download_prefix(s3, uri, folder)
        message = None
    except storage.StorageDeniedError as denied:
        files, message = [], denied.message
    except storage.StorageError as error:
        raise ContainerFailure(f"ClientError: Data download failed:{error}") from error
    if not files:
        why = storage.no_objects_message(
            uri, role=request.get("RoleArn", ""), region=s3.meta.region_name, message=message
        )
        raise ContainerFailure(f"ClientError: Data download failed:{why}")
    if source.get("S3DataDistributionType") == "ShardedByS3Key":
        for index, file in enumerate(files):
            if index % host.count != host.number - 1:
                file.unlink()


def _unpack_source(s3: Any, hyperparameters: Hyperparameters, layout: Layout) -> None:
    """Put the script in place, as the training toolkit does (files.download_and_extract): from S3, or from a path.

    s3: None for a container without a network, whose toolkit cannot fetch it.
    """
    uri = hyperparameters.container.get(_SUBMITTED)
    if uri is not None:
        try:
            if uri.startswith("s3://"):
                packed = layout.base / "sourcedir.tar.gz"
                _fetch_source(s3, uri, packed)
                archive.unpack(packed, layout.code)
                packed.unlink()
            else:
                _place_source(Path(own_command.relocated(uri, layout)), layout)
        except (storage.StorageError, archive.ArchiveError, OSError) as error:
            text = f"AlgorithmError: The source folder {uri} ({_SUBMITTED}) cannot be fetched: {error}, exit code: 1"
            raise ContainerFailure(text, 1) from error
    program = hyperparameters.container.get(_PROGRAM)
    if program is not None and not (layout.code / program).is_file():
        raise ContainerFailure(f"AlgorithmError: There is no {program} ({_PROGRAM}) in {uri}, exit code: 1", 1)


def _fetch_source(s3: Any, uri: str, packed: Path) -> None:
    if s3 is None:
        raise storage.StorageError(
            "the container has neither a network nor credentials (EnableNetworkIsolation): give it the code as a "
            "channel"
        )
    storage.download_object(s3, uri, packed)


def _place_source(source: Path, layout: Layout) -> None:
    """Copy a folder or a file into the code folder, or unpack an archive there."""
    if source.is_dir():
        shutil.copytree(source, layout.code, dirs_exist_ok=True)
    elif tarfile.is_tarfile(source):
        archive.unpack(source, layout.code)
    else:
        shutil.copy2(source, layout.code)
