"""Training jobs with their own command (ContainerEntrypoint), as ModelTrainer of the SageMaker Python SDK creates them.

Such a job does not run the image's training toolkit. Only its command knows where the script is, and the command and
its files refer to /opt/ml. On this machine /opt/ml is the job's own folder, so the name is replaced in everything that
the job supplies.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_aws.containers.errors import ContainerFailure
from local_aws.containers.training.hosts import Host
from local_aws.containers.training.script_mode import Layout

_OPT_ML = re.compile(r"(?<![\w./-])/opt/ml(?![\w.-])")
_PLAIN_PATH = re.compile(r"[\w./+@%:,=-]+")
_FIRST_HOST = re.compile(r"\balgo-1\b")
_CODE, _DRIVERS = (
    "code",
    "sm_drivers",
)  # ModelTrainer's channels for a source folder and for its own drivers
_LARGEST_SCRIPT = 1_000_000  # bytes


def is_given(specification: Mapping[str, Any]) -> bool:
    """Whether the AlgorithmSpecification has its own command. Raises ContainerFailure if the command is incomplete."""
    if specification.get("ContainerArguments") and not specification.get("ContainerEntrypoint"):
        raise ContainerFailure(
            "ClientError: The local AWS runs ContainerArguments only together with a ContainerEntrypoint: "
            "give the job both."
        )
    return bool(specification.get("ContainerEntrypoint"))


def command(specification: Mapping[str, Any], layout: Layout) -> list[str]:
    """Return entrypoint and arguments for this machine. Raises ContainerFailure if the job's folder is unusable."""
    if _PLAIN_PATH.fullmatch(str(layout.base)) is None:
        raise ContainerFailure(
            f"ClientError: The shell scripts of this job cannot name its folder {layout.base}: set LOCAL_AWS_FOLDER "
            "to a folder whose path has no spaces or special characters."
        )
    words = [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", [])]
    return [relocated(word, layout) for word in words]


def relocated(text: str, layout: Layout) -> str:
    """Replace /opt/ml in `text` with the job's folder."""
    return _OPT_ML.sub(lambda _: str(layout.base), text)


def relocate(layout: Layout, host: Host) -> None:
    """Replace /opt/ml in the configuration and scripts that the job supplies.

    The drivers also name the job's first host, which has a different name here if there are several hosts.
    """
    for folder in (layout.config, layout.channel(_CODE)):
        _rewrite(folder, lambda text: relocated(text, layout))
    _rewrite(layout.channel(_DRIVERS), lambda text: relocated(_FIRST_HOST.sub(host.addresses[0], text), layout))


def _rewrite(folder: Path, change: Callable[[str], str]) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST_SCRIPT:
            content = file.read_bytes()
            if b"\0" not in content:
                text = content.decode("utf-8", errors="surrogateescape")
                file.write_bytes(change(text).encode("utf-8", errors="surrogateescape"))
