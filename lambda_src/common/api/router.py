"""Which function answers a request, by its method and path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambda_src.common.api import http
from lambda_src.common.api.http import Event, Response

Route = Callable[[Event], Response]


def answer(event: Event, routes: Mapping[str, Route], *, otherwise: Route, logger: Any) -> Response:
    """The answer of the request's route, or of `otherwise` where there is none. Never raises (`http.answer`).

    routes: by method and path, such as `GET /v1/requests/{id}`. A parameter is the path's end, slashes included.
    """
    return http.answer(event, lambda: route_of(event, routes, otherwise=otherwise)(event), logger=logger)


def route_of(event: Event, routes: Mapping[str, Route], *, otherwise: Route) -> Route:
    """The route that `answer` takes."""
    wanted = " ".join(http.method_and_path(event))
    if wanted in routes:
        return routes[wanted]
    for name, route in routes.items():
        prefix, parameter, _ = name.partition("{")
        if parameter and wanted.startswith(prefix):
            return route
    return otherwise
