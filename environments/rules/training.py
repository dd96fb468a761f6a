"""Settings of training that contradict one another, or a job that CloudFormation would not wait for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from environments.aws.first_deploy import BESIDE_THE_JOB, LONGEST_JOB_MINUTES, WAIT_MINUTES
from environments.aws.instances import is_x86
from environments.rules.pinned import COMPACT
from environments.rules.problem import Problem
from environments.sections.training import Hyperparameters

if TYPE_CHECKING:
    from environments.sections.environment import Settings

COMPACT_ONLY = ("hidden_size", "layers", "heads", "vocab_size")


def problems(settings: Settings, *, root: Path) -> Iterator[Problem]:
    """First the job and the gate, then the base model."""
    yield from _job(settings)
    yield from _base_model(settings, root=root)


def _job(settings: Settings) -> Iterator[Problem]:
    training = settings.training
    if training.image is None and not is_x86(training.instance_type):
        yield Problem(
            ("training", "instance_type"),
            training.instance_type,
            "AWS's PyTorch images are for x86: use one such as ml.c7i.2xlarge",
        )
    if training.isolated is False and settings.network.mode == "private":
        yield Problem(
            ("training", "isolated"),
            training.isolated,
            "a job in a network without a way out cannot download its packages: remove it, and fill the mirror "
            "(`rubric mirror`)",
        )
    yield from _first_deploy(settings)
    yield from _hyperparameters(training.hyperparameters, instances=training.instance_count)
    gate = training.gate
    if gate.possible_regression < gate.max_regression:
        yield Problem(
            ("training", "gate", "max_possible_regression"),
            gate.max_possible_regression,
            f"use training.gate.max_regression ({gate.max_regression:g}) or more: that fall is allowed",
        )


def _first_deploy(settings: Settings) -> Iterator[Problem]:
    training, longest = settings.training, LONGEST_JOB_MINUTES
    if not settings.classifier.trained or training.longer_than_first_deploy or training.max_runtime_minutes <= longest:
        return
    beside = sum(part.minutes for part in BESIDE_THE_JOB)
    allowed = (
        f"CloudFormation waits {WAIT_MINUTES} minutes for the first model, and other steps need {beside}: use "
        f"{longest} or less, or training.longer_than_first_deploy: true once a model is approved"
    )
    yield Problem(("training", "max_runtime_minutes"), training.max_runtime_minutes, allowed)


def _hyperparameters(values: Hyperparameters, *, instances: int) -> Iterator[Problem]:
    at = ("training", "hyperparameters")
    processes = instances * (values.processes_per_host or 1)
    if values.batch_size is not None and values.batch_size < processes:
        allowed = f"the {processes} training processes share it: use {processes} or more"
        yield Problem((*at, "batch_size"), values.batch_size, allowed)
    if values.epochs is not None and values.patience is not None and values.patience >= values.epochs:
        allowed = f"training ends after {values.epochs} epochs and would never stop early; use less, or remove it"
        yield Problem((*at, "patience"), values.patience, allowed)
    if values.hidden_size is not None and values.heads is not None and values.hidden_size % values.heads:
        allowed = f"use a multiple of training.hyperparameters.heads ({values.heads})"
        yield Problem((*at, "hidden_size"), values.hidden_size, allowed)


def _base_model(settings: Settings, *, root: Path) -> Iterator[Problem]:
    training = settings.training
    if training.base_model != COMPACT:
        for field in COMPACT_ONLY:
            value = getattr(training.hyperparameters, field)
            if value is not None:
                allowed = (
                    f"it is for the compact model only, and training.base_model is {training.base_model!r}; remove it"
                )
                yield Problem(("training", "hyperparameters", field), value, allowed)
    if (
        training.base_model.startswith(("/", "./", "../", "~"))
        and not (root / Path(training.base_model).expanduser()).is_dir()
    ):
        yield Problem(
            ("training", "base_model"),
            training.base_model,
            "the folder does not exist; use compact, a hub id, a folder or s3://",
        )
