"""Changes to the environment of conftest.py, and the messages for refused ones. JSON is YAML."""

from __future__ import annotations

import json

import pytest

from environments.settings import SettingsError
from tests.unit.environments.conftest import Loader

NOVA = "amazon.nova-micro-v1:0"


def serverless(**changes: object) -> str:
    """An override that makes the endpoint a serverless one, with some settings of its own."""
    removed: dict[str, object] = {"instance_type": None, "min_instances": None, "max_instances": None}
    own = {"mode": "serverless", "serverless_memory_mb": 2048, "serverless_max_concurrency": 5}
    return json.dumps({"serving": {**removed, **own, **changes}})


def bedrock(*, backend: str = "sagemaker", fallback: str = "none", more: str = "", **changes: object) -> str:
    """An override that asks a Bedrock model."""
    section = {"backend": backend, "fallback": fallback, "bedrock": {"model_id": NOVA, **changes}}
    return json.dumps({"classifier": section | json.loads(more or "{}")})


def assert_refused(load_text: Loader, override: str, expected: str) -> None:
    """Loading ends in one line, which after the file's name begins with `expected`."""
    with pytest.raises(SettingsError) as caught:
        load_text(override=override)
    message = str(caught.value)
    assert message.split(": ", maxsplit=1)[1].startswith(expected)
    assert "\n" not in message
