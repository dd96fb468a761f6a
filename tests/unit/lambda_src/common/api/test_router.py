"""Tests common/api/router.py."""

from __future__ import annotations

import pytest

from lambda_src.common.api import router


def route(name):
    return lambda event: name


ROUTES = {
    "GET /": route("root"),
    "GET /v1/requests": route("list"),
    "GET /v1/requests/{id}": route("one"),
    "POST /v1/feedback": route("feedback"),
}


def reached(load_event, method, path, *, stage="$default"):
    event = load_event("health")
    event["rawPath"] = path
    event["requestContext"]["http"]["method"] = method
    event["requestContext"]["stage"] = stage
    return router.route_of(event, ROUTES, otherwise=route("none"))(event)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", "root"),
        ("GET", "/v1/requests", "list"),
        ("GET", "/v1/requests/abc", "one"),
        ("GET", "/v1/requests/a/b", "one"),
        ("GET", "/v1/requests/", "one"),
        ("GET", "/v1/requestsabc", "none"),
        ("POST", "/v1/requests/abc", "none"),
        ("POST", "/v1/feedback", "feedback"),
        ("GET", "/v1/feedback", "none"),
        ("", "", "none"),
    ],
)
def test_a_request_goes_to_its_route(load_event, method, path, expected):
    assert reached(load_event, method, path) == expected


def test_the_stage_is_no_part_of_the_path(load_event):
    assert reached(load_event, "GET", "/prod/v1/requests/abc", stage="prod") == "one"
