"""What an environment's isolated training needs in its mirror."""

from __future__ import annotations

from pathlib import Path

from environments.aws import images
from environments.rules import pinned
from environments.settings import Settings
from ops.errors import NOT_FOUND, USAGE, OpsError
from ops.mirror.archive import Archive
from ops.mirror.hub import BaseModel
from ops.mirror.part import Part
from ops.mirror.wheels import LOCK, Wheels

_LINEAR = "linear"


def parts(settings: Settings, *, root: Path, python: str | None) -> list[Part]:
    """The parts. python: of a training image of one's own, such as 3.12. Raises OpsError."""
    if not settings.classifier.trained:
        raise OpsError(
            f"classifier.backend is bedrock in {settings.name!r}: nothing is trained, so nothing is mirrored",
            status=NOT_FOUND,
        )
    training, dataset = settings.training, settings.data.dataset
    wanted: list[Part] = [Wheels(root / LOCK, python=_python(settings, given=python))]
    from_hub = pinned.kind(training.base_model, root=root) == "hub" and training.model != _LINEAR
    if from_hub:
        lacks = pinned.unpinned(settings, root=root)
        if lacks:
            raise OpsError(f"training.base_model {training.base_model!r} may change under its name: {lacks}")
        wanted.append(BaseModel(training.base_model))
    if dataset.source == "uci":
        wanted.append(Archive(dataset.url, sha256=dataset.sha256))
    return wanted


def _python(settings: Settings, *, given: str | None) -> str | None:
    training = settings.training
    known = None if training.image else images.training_image(training.instance_type).python
    if given and known and given != known:
        raise OpsError(f"--python {given}: the training image has Python {known}; leave the option out", status=USAGE)
    return given or known
