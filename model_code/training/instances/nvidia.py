"""Versions of NVIDIA's driver and of its CUDA library, read from files, without torch."""

from __future__ import annotations

import re
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/version")

Version = tuple[int, ...]


def driver(path: Path = DRIVER) -> Version | None:
    """(535, 183, 1) of the running driver; None without a driver or a readable version.

    The line is ``NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  ...``, or with the open kernel modules
    ``NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  ...``.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r"^NVRM version:.*?Kernel Module\b.*?\s(\d+(?:\.\d+)+)\b", text, re.MULTILINE)
    return _version(match[1]) if match else None


def library(folder: Path) -> Version | None:
    """(580, 65, 6) of the newest libcuda.so.580.65.06 in the folder, or None. libcuda.so.1 is only a link to it."""
    names = (re.fullmatch(r"libcuda\.so\.(\d+(?:\.\d+)+)", path.name) for path in folder.glob("libcuda.so.*"))
    return max((_version(name[1]) for name in names if name), default=None)


def named(version: Version | None) -> str:
    """`535.183.1`; an empty string for None."""
    return ".".join(map(str, version or ()))


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))
