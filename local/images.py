"""The containers of Rubric's stacks as commands on this machine, for the local AWS."""

import json
from collections.abc import Mapping

PYTHON, ROOT, EXTRA = "RUBRIC_MODEL_PYTHON", "RUBRIC_ROOT", "RUBRIC_EXTRA_IMAGES"
_SERVING = {
    "serve": [f"${PYTHON}", "-m", "model_code.serving.server"],
    "environment": {"PYTHONPATH": f"${ROOT}", "RUBRIC_BIND_HOST": "127.0.0.1"},
}
# AWS's container for pretrained models, and this project's lean one. Training images need no entry.
OWN = {"*huggingface-pytorch-inference*": _SERVING, "*/*-lean:*": _SERVING}


def as_json(environment: Mapping[str, str]) -> str:
    """LOCAL_AWS_IMAGES: the user's (RUBRIC_EXTRA_IMAGES, LOCAL_AWS_IMAGES) first, then Rubric's.

    A value that is not a JSON object is passed on unchanged: the local AWS reports it when it needs an image.
    """
    configured = environment.get(EXTRA) or environment.get("LOCAL_AWS_IMAGES") or "{}"
    try:
        extra = json.loads(configured)
    except ValueError:
        return configured
    return json.dumps({**extra, **OWN}) if isinstance(extra, dict) else configured
