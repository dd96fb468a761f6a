"""Tests which requests the gate accepts, for every kind of caller: by Host, origin and access key id."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.gate.request import Request
from local_aws.gate.rules import Refusal, Rules

PORT, KEY, OTHER = 4566, "LOCAL-the-folders-own", "AKIA-another"
RULES = Rules(
    port=PORT,
    accepts=lambda key: key == KEY,
    signed=lambda request: request.query.get("signature") == ("good",),
    env_command="make -s local-env",
)
API = "/_aws/execute-api/0a1b2c3d/$default"
HOME = f"http://127.0.0.1:{PORT}"


def authorization(key: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"


def asked(
    path: str = "/",
    *,
    method: str = "POST",
    query: str = "",
    kind: str = "http",
    host: str = f"127.0.0.1:{PORT}",
    **more_headers: str,
) -> Refusal | None:
    """The gate's answer to a request with these headers (`sec_fetch_site` for Sec-Fetch-Site)."""
    headers = [("host", host), *((name.replace("_", "-"), value) for name, value in more_headers.items())]
    return RULES.refusal(Request.of(scope(path, method=method, query=query, kind=kind, headers=headers)))


def scope(
    path: str, *, headers: list[tuple[str, str]], method: str = "POST", query: str = "", kind: str = "http"
) -> Any:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    result = {"type": kind, "path": path, "query_string": query.encode(), "headers": raw}
    return result if kind == "websocket" else {**result, "method": method}


def status(refusal: Refusal | None) -> int:
    return refusal.status if refusal else 200


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4566",
        "localhost:4566",
        "LOCALHOST:4566",
        "[::1]:4566",
        "bucket.localhost:4566",
        "a.b-c.localhost:4566",
    ],
)
def test_a_name_of_this_machine_is_taken(host: str) -> None:
    assert asked(host=host, authorization=authorization(KEY)) is None


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example:4566", "127.0.0.1.evil.example:4566", "localhost.evil.example:4566", "localhost", "127.0.0.1"),
        *("127.0.0.1:80", "127.0.0.1:45660", "127.0.0.1:4566:4566", "evil.example@127.0.0.1:4566", "0.0.0.0:4566"),
        *("a.127.0.0.1:4566", "a.[::1]:4566", "notlocalhost:4566", "localhost.:4566", ".localhost:4566", "", ":4566"),
        *("127.1:4566", "2130706433:4566", "127.0.0.1:4566\n", "127.0.0.1:٤٥٦٦"),
    ],
)
@pytest.mark.parametrize("path", ["/", API + "/health", "/_ministack/health"])
def test_any_other_host_is_misdirected(host: str, path: str) -> None:
    assert status(asked(path, method="GET", host=host, authorization=authorization(KEY))) == 421


def test_two_hosts_or_none_are_misdirected() -> None:
    ours = ("host", f"127.0.0.1:{PORT}")
    for hosts in ([], [ours, ours], [ours, ("Host", "evil.example")]):
        headers = [*hosts, ("authorization", authorization(KEY))]
        assert status(RULES.refusal(Request.of(scope("/", headers=headers)))) == 421


PAGES = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": HOME},
    {"origin": "http://127.0.0.1:8000"},
    {"origin": ""},
    {"referer": "https://evil.example/page"},
    {"referer": HOME + API},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "something new"},
    {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_user": "?1"},
]


@pytest.mark.parametrize("page", PAGES, ids=str)
@pytest.mark.parametrize(
    "path", ["/", "/bucket/key", "/_ministack/reset", "/_ministack/health", API + "/@connections/a"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_a_page_is_refused_even_with_the_key(page: dict[str, str], path: str, method: str) -> None:
    refusal = asked(path, method=method, authorization=authorization(KEY), **page)
    assert refusal is not None
    assert (refusal.status, "web page" in refusal.message) == (403, True)


def test_what_a_user_types_into_the_address_bar_counts_by_its_key() -> None:
    typed = {"sec_fetch_site": "none", "sec_fetch_mode": "navigate"}
    presigned = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    assert asked("/bucket/key", method="GET", query=presigned, **typed) is None
    assert status(asked("/bucket/key", method="GET", **typed)) == 403


@pytest.mark.parametrize("page", [{}, *PAGES], ids=str)
def test_the_deployed_api_decides_by_itself(page: dict[str, str]) -> None:
    for path in (API, API + "/v1/classify", "/_aws/execute-api/x/"):
        assert asked(path, method="OPTIONS", **page) is None


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/_aws/execute-api", f"127.0.0.1:{PORT}"),
        ("/_aws/execute-api/", f"127.0.0.1:{PORT}"),
        ("/_aws/execute-api//stage", f"127.0.0.1:{PORT}"),
        # MiniStack finds no API in it, so it would be an object of the bucket `_aws`.
        ("/_aws/execute-api/x", f"127.0.0.1:{PORT}"),
        ("/x/_aws/execute-api/x/y", f"127.0.0.1:{PORT}"),
        ("/_aws/execute-api/x/stage/@connections/c", f"127.0.0.1:{PORT}"),
        ("/_aws/lambda-url/x/y", f"127.0.0.1:{PORT}"),
        ("/restapis/x/stage/_user_request_/y", f"127.0.0.1:{PORT}"),
        # Names below localhost are a distribution's, a bucket's or a function's before they are an API's.
        (API + "/v1", f"x.cloudfront.localhost:{PORT}"),
        ("/v1", f"0a1b2c3d.execute-api.localhost:{PORT}"),
    ],
)
def test_what_only_looks_like_the_deployed_api_needs_the_key(path: str, host: str) -> None:
    assert status(asked(path, host=host)) == 403
    assert asked(path, host=host, authorization=authorization(KEY)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": authorization(OTHER)},
        {"authorization": authorization("test")},
        {"authorization": authorization("000000000000")},
        {"authorization": authorization("")},
        {"authorization": authorization(KEY[:-1])},
        {"authorization": authorization(KEY + "x")},
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"Basic Credential={KEY}/"},
        {"x_amz_security_token": KEY},
        {"query": f"X-Amz-Credential={OTHER}/20260101/us-east-1/s3/aws4_request"},
        {"query": f"AWSAccessKeyId={OTHER}&Signature=x&Expires=9"},
        {"query": f"key={KEY}"},
        # The one that MiniStack would read must be valid.
        {"query": f"X-Amz-Credential={OTHER}/x&X-Amz-Credential={KEY}/x"},
        {"query": f"X-Amz-Credential={KEY}/x&x-amz-credential={OTHER}/x"},
        {"query": f"X-Amz-Credential={KEY}/x", "authorization": authorization(OTHER)},
        {"query": f"AWSAccessKeyId={OTHER}", "authorization": authorization(KEY)},
    ],
    ids=str,
)
def test_without_the_key_nothing_is_taken(headers: dict[str, str]) -> None:
    for path in ("/", "/bucket/key", "/_ministack/reset", "/_ministack/config", "/2015-03-31/functions", "/v2/"):
        refusal = asked(path, **headers)
        assert refusal is not None
        assert (refusal.status, "make -s local-env" in refusal.message) == (403, True)


def test_both_signatures_name_the_key() -> None:
    assert asked(authorization=authorization(KEY)) is None
    assert asked(authorization=f"AWS {KEY}:c2ln") is None
    assert asked(query=f"AWSAccessKeyId={KEY}&Signature=x&Expires=9") is None
    assert asked(query=f"X-Amz-Credential={KEY}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request") is None


def test_health_and_signed_callbacks_need_no_key() -> None:
    assert asked("/_ministack/health", method="GET") is None
    assert status(asked("/_ministack/health", method="POST")) == 403
    assert status(asked("/_ministack/health/", method="GET")) == 403
    assert asked("/_ministack/cfn-response/x", method="PUT", query="Signature=good") is None
    assert status(asked("/_ministack/cfn-response/x", method="PUT", query="Signature=bad")) == 403


def test_a_websocket_is_never_a_pages_nor_without_the_key() -> None:
    assert status(asked(API, kind="websocket")) == 403
    assert status(asked(API, kind="websocket", origin=HOME, authorization=authorization(KEY))) == 403
    assert status(asked("/_ministack/health", kind="websocket")) == 403
    assert asked(API, kind="websocket", authorization=authorization(KEY)) is None
