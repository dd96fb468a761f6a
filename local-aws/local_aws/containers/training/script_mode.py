"""SageMaker's contract with a training script: folders, configuration files, arguments and variables."""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.containers.training.hosts import NETWORK_INTERFACE, Host

_OWN = "sagemaker_"  # prefix of hyperparameters for the container, not the script


@dataclass(frozen=True)
class Layout:
    """A container's folders; `base` stands for /opt/ml."""

    base: Path

    @property
    def config(self) -> Path:
        return self.base / "input" / "config"

    @property
    def code(self) -> Path:
        return self.base / "code"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def output(self) -> Path:
        return self.base / "output"

    @property
    def output_data(self) -> Path:
        return self.output / "data"

    @property
    def failure(self) -> Path:
        return self.output / "failure"

    def channel(self, name: str) -> Path:
        return self.base / "input" / "data" / name

    def checkpoints(self, local_path: str) -> Path:
        """Return the folder for CheckpointConfig.LocalPath; `checkpoints` if that path is not under /opt/ml."""
        path = Path(os.path.normpath(local_path))
        return self.base / (path.relative_to("/opt/ml") if path.is_relative_to("/opt/ml") else "checkpoints")

    def make(self, channels: list[str]) -> None:
        for folder in (self.config, self.code, self.model, self.output_data, *map(self.channel, channels)):
            folder.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True)
class Hyperparameters:
    """A job's hyperparameters: `script` for the training script, `container` (sagemaker_...) for the container."""

    script: dict[str, Any]
    container: dict[str, Any]

    @classmethod
    def of(cls, encoded: Mapping[str, str]) -> "Hyperparameters":
        """Decode each value as JSON if possible, otherwise keep the text, as the training toolkit does."""
        decoded = {name: _decode(value) for name, value in encoded.items()}
        return cls(
            script={name: value for name, value in decoded.items() if not name.startswith(_OWN)},
            container={name: value for name, value in decoded.items() if name.startswith(_OWN)},
        )

    def arguments(self) -> list[str]:
        """Return `--name value ...` in order of name, or `-n value` for one-letter names."""
        words: list[str] = []
        for name, value in sorted(self.script.items()):
            pairs = sorted(value.items()) if isinstance(value, dict) else None
            text = _word(value) if pairs is None else ",".join(f"{key}={item}" for key, item in pairs)
            words += [f"--{name}" if len(name) > 1 else f"-{name}", text]
        return words


def in_a_shell(command: list[str], arguments: list[str]) -> list[str]:
    """Return the command that runs a script as the training toolkit does up to 5.1.0: a shell reads the arguments.

    github.com/aws/sagemaker-training-toolkit, process.py, `run_async`: it joins all words by spaces. So a value with a
    space becomes two words, `$HOME` another text, and an empty value is lost. 5.1.4 has no shell, and an image may hold
    either: what arrives here arrives there. Only the folders' names, which hold no user's words on AWS, are quoted, and
    the script takes the shell's place, so that it gets the signals.
    """
    return ["/bin/sh", "-c", " ".join(["exec", shlex.join(command), *arguments])]


def channel_names(request: Mapping[str, Any]) -> list[str]:
    return sorted(channel["ChannelName"] for channel in request.get("InputDataConfig", []))


def write_config(layout: Layout, request: Mapping[str, Any], host: Host) -> None:
    """Write hyperparameters.json, inputdataconfig.json and resourceconfig.json as SageMaker writes them."""
    inputs = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", "File"),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
        for channel in request.get("InputDataConfig", [])
    }
    for name, content in (
        ("hyperparameters", request.get("HyperParameters", {})),
        ("inputdataconfig", inputs),
        ("resourceconfig", _resources(request, host)),
    ):
        (layout.config / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def script_environment(
    layout: Layout, request: Mapping[str, Any], hyperparameters: Hyperparameters, host: Host
) -> dict[str, str]:
    """Return the training toolkit's SM_... variables and MASTER_PORT as text; with several hosts, also their GPUs."""
    gpus = host.gpus(len(list(Path("/dev").glob("nvidia[0-9]*"))))
    channels = {name: str(layout.channel(name)) for name in channel_names(request)}
    known: dict[str, Any] = {
        "CHANNELS": sorted(channels),
        "HPS": hyperparameters.script,
        "USER_ARGS": hyperparameters.arguments(),
        "MODEL_DIR": str(layout.model),
        "MODULE_DIR": str(layout.code),
        "USER_ENTRY_POINT": hyperparameters.container.get("sagemaker_program", ""),
        "INPUT_DIR": str(layout.base / "input"),
        "INPUT_CONFIG_DIR": str(layout.config),
        "OUTPUT_DIR": str(layout.output),
        "OUTPUT_DATA_DIR": str(layout.output_data),
        "NUM_CPUS": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "NUM_GPUS": len(gpus),
        "HOSTS": host.addresses,
        "CURRENT_HOST": host.address,
        "NETWORK_INTERFACE_NAME": NETWORK_INTERFACE,
        "RESOURCE_CONFIG": _resources(request, host),
    }
    of_job = {"job_name": request["TrainingJobName"]}
    known["TRAINING_ENV"] = {name.lower(): value for name, value in known.items()} | of_job
    known |= {f"CHANNEL_{name.upper()}": path for name, path in channels.items()}
    known |= {f"HP_{name.upper()}": value for name, value in hyperparameters.script.items()}
    variables = {f"SM_{name}": _text(value) for name, value in known.items()}
    if host.master_port is not None:
        variables["MASTER_PORT"] = str(host.master_port)
    if host.count > 1:
        variables["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    return variables


def _resources(request: Mapping[str, Any], host: Host) -> dict[str, Any]:
    kind, group = request.get("ResourceConfig", {}).get("InstanceType", ""), "homogeneousCluster"
    return {
        "current_host": host.address,
        "current_instance_type": kind,
        "current_group_name": group,
        "hosts": host.addresses,
        "instance_groups": [{"instance_group_name": group, "instance_type": kind, "hosts": host.addresses}],
        "network_interface_name": NETWORK_INTERFACE,
    }


def _decode(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
