"""Tests throttling and access logs of HTTP APIs."""

import json
import re

from local_aws.patches.http_api import access_log, metrics, throttle
from local_aws.patches.http_api.integration import failure, malformed
from local_aws.patches.http_api.request import Request, new_request_id


def request() -> Request:
    return Request(
        api_id="abc",
        stage="$default",
        method="GET",
        path="/x",
        source_ip="1.2.3.4",
        user_agent="curl",
        account_id="000000000000",
        route_key="GET /{id}",
    )


def test_a_request_id_can_stand_in_a_path() -> None:
    for _ in range(200):  # in base64's usual alphabet four ids in ten have a `/` or `+`
        assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", new_request_id())


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = [0.0]
    bucket = throttle.TokenBucket(rate=2, burst=3, clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_limits_of_a_route_come_before_the_stage_s() -> None:
    stage = {
        "defaultRouteSettings": {"ThrottlingRateLimit": "5", "ThrottlingBurstLimit": 10},
        "routeSettings": {"GET /{id}": {"throttlingRateLimit": 1}},
    }
    assert throttle.limits(stage, "GET /{id}") == (1.0, None, "GET /{id}")
    assert throttle.limits(stage, "other") == (5.0, 10.0, "")
    assert throttle.limits({}, "other") == (None, None, "")


def test_a_format_gets_its_values_and_stays_json() -> None:
    rendered = access_log.render('{"a":"$context.a.b","q":"$context.q","n":"$context.none"}', {"a.b": 1, "q": 'x"y'})
    assert json.loads(rendered) == {"a": "1", "q": 'x"y', "n": "-"}
    assert access_log.render("$context.q [$context.a.b]", {"a.b": True, "q": 'x"y'}) == 'x"y [true]'


def test_variables_of_a_failed_request() -> None:
    failed = request()
    failed.error_message, failed.integration_error, failed.integration_latency = "Internal Server Error", "boom", 12.6
    failed.authorizer = {"verdict": "ok"}
    values = access_log.variables(failed, status=500, response_bytes=7, milliseconds=20)
    assert values["error.messageString"] == '"Internal Server Error"'
    assert (values["integration.latency"], values["integrationErrorMessage"]) == (13, "boom")
    assert (values["authorizer.verdict"], values["responseLength"], values["status"]) == ("ok", 7, 500)


def test_detailed_metrics_have_the_route_s_dimensions_too() -> None:
    plain = [{"ApiId": "abc"}, {"ApiId": "abc", "Stage": "$default"}]
    assert metrics.dimension_sets({}, request()) == plain
    detailed = {"defaultRouteSettings": {"DetailedMetricsEnabled": True}}
    route = {"ApiId": "abc", "Stage": "$default", "Method": "GET", "Resource": "/{id}"}
    assert metrics.dimension_sets(detailed, request()) == [*plain, route]


def test_what_counts_as_a_failed_integration() -> None:
    assert failure({"body": {"statusCode": 502}}) is None
    assert failure({"error": True, "throttle": True}) is None
    assert failure({"error": True, "body": {"errorMessage": "boom", "errorType": "E"}}) == "boom"
    assert malformed({"statusCode": "201", "body": None}) is None
    assert malformed({"statusCode": "ok"}) is not None
    assert malformed({"body": {}}) is not None
    assert malformed({"headers": []}) is None
    assert malformed({"headers": ["a"]}) is not None
