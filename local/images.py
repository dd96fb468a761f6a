"""The containers of Rubric's stacks as commands of this machine, for the local AWS."""

import json
from collections.abc import Mapping

PYTHON, ROOT, EXTRA = "RUBRIC_MODEL_PYTHON", "RUBRIC_ROOT", "RUBRIC_EXTRA_IMAGES"
_SERVING = {
    "serve": [f"${PYTHON}", "-m", "model_code.serving.server"],
    "environment": {"PYTHONPATH": f"${ROOT}", "RUBRIC_BIND_HOST": "127.0.0.1"},
}
# The pretrained models' container of AWS and the lean one of this project. Training images need no line of their own.
OWN = {"*huggingface-pytorch-inference*": _SERVING, "*/*-lean:*": _SERVING}


def as_json(environment: Mapping[str, str]) -> str:
    """LOCAL_AWS_IMAGES: the user's (RUBRIC_EXTRA_IMAGES, LOCAL_AWS_IMAGES) first, then Rubric's.

    What is no JSON object is handed on as it is, for the local AWS to say so where an image is needed.
    """
    given = environment.get(EXTRA) or environment.get("LOCAL_AWS_IMAGES") or "{}"
    try:
        extra = json.loads(given)
    except ValueError:
        return given
    return json.dumps({**extra, **OWN}) if isinstance(extra, dict) else given
