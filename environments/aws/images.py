"""The images that this project names: environments/aws/images.yaml, which has the source of each fact."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from environments.aws.instances import has_gpu

FACTS = Path(__file__).with_name("images.yaml")


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that this project names. ends: its last day with patches; None if none is published.

    accept: the setting that allows it past that day. python, torch, glibc: versions in it; None if not used.
    """

    image: str
    kind: Literal["training", "serving", "base", "build", "runtime"]
    ends: dt.date | None
    os: str
    accept: str
    source: str
    read: dt.date
    python: str | None = None
    torch: str | None = None
    glibc: str | None = None

    @property
    def repository(self) -> str:
        """`pytorch` of `pytorch:2.13.0-cpu-amzn2023-sagemaker`."""
        return self.image.partition(":")[0]

    @property
    def tag(self) -> str:
        """The part after the colon."""
        return self.image.partition(":")[2]


@cache
def known() -> dict[str, Image]:
    """Every image of environments/aws/images.yaml by its name there, such as `training_gpu`."""
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    return {name: Image(**values) for name, values in facts.items()}


def training_image(instance_type: str) -> Image:
    """AWS's image for training jobs on an instance type, used if the settings name none."""
    return known()["training_gpu" if has_gpu(instance_type) else "training_cpu"]
