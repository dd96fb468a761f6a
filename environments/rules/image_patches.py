"""Whether the images that an environment runs or builds on still get security patches on a given day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from environments.aws.images import Image, known, training_image
from environments.sections.environment import Settings

WARNING_DAYS = 60

State = Literal["fine", "ending", "accepted", "past", "unknown"]

_REGISTRY = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z0-9.]+/")
_CHANGE = "change it in {} and in environments/aws/images.yaml"
_REMEDIES = {
    "training": "name a newer image in training.image",
    "serving": "use serving.container lean, or name an image of your own in serving.image",
    "base": _CHANGE.format("model_code/serving/Dockerfile"),
    "build": _CHANGE.format("stacks/serving/lean_image_build.py"),
    "runtime": _CHANGE.format("stacks/shared/python_function.py"),
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result for one image on one day. message: one line. remedy: one line, empty if none is needed.

    state: `fine`; `ending` within 60 days; `accepted`, past its end but allowed by the setting; `past`, to be refused;
    `unknown`, the user's own image.
    """

    image: str
    kind: str
    state: State
    ends: dt.date | None
    message: str
    remedy: str

    @property
    def refused(self) -> bool:
        """Whether a deploy must stop."""
        return self.state == "past"

    @property
    def warned(self) -> bool:
        """Whether a deploy goes on with a warning."""
        return self.state in ("ending", "accepted")


def verdicts(settings: Settings, *, today: dt.date) -> list[Verdict]:
    """One verdict for each image that an environment runs or builds on."""
    return [_verdict(image, settings=settings, today=today) for image in _named(settings)]


def _named(settings: Settings) -> Iterator[Image | str]:
    """What the settings use; the user's own image by its URI, unless images.yaml has it."""
    if settings.classifier.trained:
        training, serving = settings.training.image, settings.serving
        yield _own(training, key="training") if training else training_image(settings.training.instance_type)
        if serving.image:
            yield _own(serving.image, key="serving")
        elif serving.container == "huggingface":
            yield known()["serving_huggingface"]
        else:
            yield known()["lean_base"]
        if serving.image_build == "codebuild":
            yield known()["codebuild"]
    yield known()["lambda_runtime"]


def _own(uri: str, *, key: str) -> Image | str:
    name = _REGISTRY.sub("", uri)
    matches = (image for image in known().values() if image.image == name and image.kind == key)
    return next(matches, f"{key} {uri}")


def _verdict(image: Image | str, *, settings: Settings, today: dt.date) -> Verdict:
    if isinstance(image, str):
        kind, _, uri = image.partition(" ")
        message = f"{kind} image {uri}: your own image; its patches are up to you"
        return Verdict(image=uri, kind=kind, state="unknown", ends=None, message=message, remedy="")
    state = _state(image, accepted=_accepted(image, settings=settings), today=today)
    return Verdict(
        image=image.image,
        kind=image.kind,
        state=state,
        ends=image.ends,
        message=f"{image.kind} image {image.image}: {_summary(image, state=state, settings=settings, today=today)}",
        remedy=_remedy(image) if state in ("ending", "accepted", "past") else "",
    )


def _state(image: Image, *, accepted: dt.date | None, today: dt.date) -> State:
    if image.ends is None:
        return "fine"
    if today > image.ends:
        return "accepted" if accepted is not None and today <= accepted else "past"
    return "ending" if image.ends - today <= dt.timedelta(days=WARNING_DAYS) else "fine"


def _summary(image: Image, *, state: State, settings: Settings, today: dt.date) -> str:
    if image.ends is None:
        return "no end date for patches is published"
    if state == "fine":
        return f"patched until {image.ends}"
    if state == "ending":
        left = (image.ends - today).days
        return f"its patches end on {image.ends}, in {left} day{'' if left == 1 else 's'}"
    until = _accepted(image, settings=settings)
    ended = f"its patches ended on {image.ends}"
    if until is None:
        return ended
    return f"{ended}; {image.accept} {'allows' if state == 'accepted' else 'allowed'} it until {until}"


def _remedy(image: Image) -> str:
    return f"{_REMEDIES[image.kind]}, or accept it for a while with {image.accept}: <a date>"


def _accepted(image: Image, *, settings: Settings) -> dt.date | None:
    until: dt.date | None = attrgetter(image.accept)(settings)
    return until
