"""What an operator's command chooses, by the real code."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from ops import promotions, registry
from ops.errors import OpsError
from tests.unit.interleavings.cloud import ENDPOINT, PARAMETER, Cloud
from tests.unit.interleavings.engine import Call
from tests.unit.interleavings.installed import PROMOTIONS


class _Client:
    """A client whose calls are answered at once."""

    def __init__(self, cloud: Cloud, service: str) -> None:
        self._cloud, self._service = cloud, service

    def __getattr__(self, operation: str) -> Any:
        return lambda **given: self._cloud.make(Call(self._service, operation, given))

    def get_paginator(self, operation: str) -> Any:
        def paginate(*, PaginationConfig: Any = None, **given: Any) -> Iterator[Any]:
            more: dict[str, str] = {}
            while True:
                page = getattr(self, operation)(**given, **more)
                yield page
                if not page.get("NextToken"):
                    return
                more = {"NextToken": page["NextToken"]}

        return SimpleNamespace(paginate=paginate)


def rollback(cloud: Cloud) -> dict[str, Any] | None:
    """What `rubric models rollback` starts a promotion with at this moment; None where it starts none."""
    outputs = {"EndpointName": ENDPOINT, "ApprovedModelParameterName": PARAMETER, "ModelPackageGroupName": "rubric-dev"}
    seen: Any = SimpleNamespace(
        client=lambda service: _Client(cloud, service),
        stacks=SimpleNamespace(get=outputs.get, need=outputs.__getitem__),
        settings=SimpleNamespace(promotions_path=PROMOTIONS),
    )
    try:
        model = registry.previous(seen)
    except OpsError:
        return None
    in_use = promotions.serving_uri(seen) or registry.approved_uri(seen)
    if model.artifact_uri == in_use == registry.approved_uri(seen):
        return None
    return {"artifact_uri": model.artifact_uri, "model_package_arn": model.arn, "rollback": True}
