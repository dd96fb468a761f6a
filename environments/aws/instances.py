"""The hardware of an instance type, from its name."""

from __future__ import annotations

import re

_ACCELERATED = re.compile(r"^(p\d|g\d|inf|trn)")
_NVIDIA = re.compile(r"^(p\d|g\d)")
_GRAVITON = re.compile(r"^([a-z]+\d+g|g5g)")
# Families with a local disk, which AWS encrypts, and which cannot use a key of ours.
_LOCAL_DISK = re.compile(r"^(p\d|g\d|trn|[a-z]+\d+[a-z]*d[a-z]*$)")


def family(instance_type: str) -> str:
    """`c7i` of `ml.c7i.2xlarge`."""
    return instance_type.split(".")[1]


def has_gpu(instance_type: str) -> bool:
    """Whether the instance has an NVIDIA GPU."""
    return bool(_NVIDIA.match(family(instance_type)))


def is_x86(instance_type: str) -> bool:
    """Whether ordinary x86 images run on it: not Graviton, Inferentia or Trainium."""
    name = family(instance_type)
    return not _GRAVITON.match(name) and (has_gpu(instance_type) or not _ACCELERATED.match(name))


def takes_volume_key(instance_type: str) -> bool:
    """Whether its storage volume can be encrypted with a key of ours."""
    return not _LOCAL_DISK.match(family(instance_type))
