"""Runs an operator's commands with the real code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from ops.errors import OpsError
from ops.models import promotions, registry, rejection
from tests.unit.interleavings.explorer.engine import Client
from tests.unit.interleavings.fakes.cloud import ENDPOINT, PARAMETER, Cloud
from tests.unit.interleavings.promotions.installed import PROMOTIONS


class _Client(Client):
    """A client with botocore's paginators."""

    def get_paginator(self, operation: str) -> Any:
        def paginate(*, PaginationConfig: Any = None, **request: Any) -> Iterator[Any]:
            more: dict[str, str] = {}
            while True:
                page = getattr(self, operation)(**request, **more)
                yield page
                if not page.get("NextToken"):
                    return
                more = {"NextToken": page["NextToken"]}

        return SimpleNamespace(paginate=paginate)


def _seen(cloud: Cloud) -> Any:
    """The environment as the commands see it."""
    outputs = {"EndpointName": ENDPOINT, "ApprovedModelParameterName": PARAMETER, "ModelPackageGroupName": "rubric-dev"}
    return SimpleNamespace(
        client=lambda service: _Client(service, direct=cloud.make),
        stacks=SimpleNamespace(get=outputs.get, need=outputs.__getitem__, serving=True),
        settings=SimpleNamespace(promotions_path=PROMOTIONS),
    )


def reject_all(cloud: Cloud, *, rejected: Callable[[str], None]) -> None:
    """`rubric models reject` for each model. rejected: called with each artifact reported as rejected."""
    seen = _seen(cloud)
    for model in registry.models(seen, count=100):
        try:
            rejection.reject(seen, model, note="")
        except OpsError:
            continue
        rejected(model.artifact_uri)


def rollback(cloud: Cloud) -> dict[str, Any] | None:
    """The promotion that `rubric models rollback` would start now; None if it would start none."""
    seen = _seen(cloud)
    try:
        model = registry.previous(seen)
    except OpsError:
        return None
    in_use = promotions.serving_uri(seen) or registry.approved_uri(seen)
    if model.artifact_uri == in_use == registry.approved_uri(seen):
        return None
    return {"artifact_uri": model.artifact_uri, "model_package_arn": model.arn, "rollback": True}
