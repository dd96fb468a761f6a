"""Map a container image to a program on this machine.

An image is identified by its URI. The local AWS has built-in entries for PyTorch's training images, which run a job's
script. LOCAL_AWS_IMAGES adds others: a JSON object `{pattern: {"train": [...], "serve": [...], "environment": {...}}}`.
A pattern may contain `*` and `?` as in a shell, and is matched before the built-in ones. `train` and `serve` (at least
one is required) are commands, and `environment` adds variables. Commands and variables may refer to
`$LOCAL_AWS_CONTAINER_PYTHON` and any other variable of the server, to `$SAGEMAKER_BASE_DIR` (the equivalent of the
image's /opt/ml) and, in `train`, to `$SAGEMAKER_PROGRAM` (the job's script; a command that uses it gets the
hyperparameters as arguments, as in script mode).
"""

import json
import os
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

Use = Literal["train", "serve"]
EXTRA_IMAGES = "LOCAL_AWS_IMAGES"
PROGRAM = "$SAGEMAKER_PROGRAM"
_NAMES = {"train": "Training", "serve": "Inference"}


class ImageError(Exception):
    """The image cannot run here; the text says which images can, or what is missing."""


@dataclass(frozen=True)
class Image:
    """A pattern of image URIs and a command for each use (empty: does not support that use)."""

    pattern: str
    train: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, use: Use) -> tuple[str, ...]:
        return self.train if use == "train" else self.serve

    @property
    def is_script_mode(self) -> bool:
        """Whether a training job on this image runs its own script."""
        return PROGRAM in self.train


_TRAIN = ("$LOCAL_AWS_CONTAINER_PYTHON", PROGRAM)
_BUILT_IN = (
    Image("*pytorch*training*", train=_TRAIN),
    Image("*pytorch:*sagemaker*", train=_TRAIN),
)


def find(uri: str, use: Use) -> Image:
    """Find the image for a URI. Raises ImageError with a sentence that lists the images that run here."""
    known = [image for image in (*_extra(), *_BUILT_IN) if image.command(use)]
    for image in known:
        if fnmatchcase(uri, image.pattern):
            return image
    patterns = ", ".join(image.pattern for image in known)
    raise ImageError(
        f"The local AWS does not know how to run the image {uri}. {_NAMES[use]} images that run here: {patterns}. "
        f"{EXTRA_IMAGES} teaches it others."
    )


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$NAME` from `variables`, else from the server's environment. Raises ImageError if neither has it."""
    try:
        return string.Template(text).substitute(os.environ | dict(variables))
    except KeyError as error:
        raise ImageError(f"{error.args[0]} is not set, which {text!r} needs") from error
    except ValueError as error:
        raise ImageError(f"{text!r}: {error}") from error


def _extra() -> tuple[Image, ...]:
    text = os.environ.get(EXTRA_IMAGES, "")
    try:
        return tuple(_image(pattern, uses) for pattern, uses in json.loads(text or "{}").items())
    except (ValueError, AttributeError, TypeError) as error:
        shape = '{pattern: {"train": [...], "serve": [...], "environment": {...}}}'
        raise ImageError(f"{EXTRA_IMAGES} is not a JSON object of the form {shape}: {error}") from error


def _image(pattern: str, uses: dict[str, Any]) -> Image:
    if unknown := set(uses) - {"train", "serve", "environment"}:
        raise ValueError(f"{pattern!r} has {sorted(unknown)}")
    for use in ("train", "serve"):
        words = uses.get(use, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{use!r} of {pattern!r} is not a list of texts")
    return Image(pattern, tuple(uses.get("train", ())), tuple(uses.get("serve", ())), dict(uses.get("environment", {})))
