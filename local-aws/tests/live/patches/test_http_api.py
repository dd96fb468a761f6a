"""Tests the data plane of HTTP APIs on a running server."""

import base64
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_aws_testing.server import ROLE, Server, http, log_lines, make_function, total

ECHO = """
import base64, json, time
def handler(event, context):
    path = event["rawPath"]
    if path == "/crash":
        raise ValueError("secret detail")
    if path == "/nonsense":
        return {"statusCode": 200, "body": {"not": "a string"}}
    if path == "/slow":
        time.sleep(5)
    if path == "/binary":
        return {"statusCode": 200, "headers": {"content-type": "application/octet-stream"}, "isBase64Encoded": True,
                "body": base64.b64encode(bytes(range(256))).decode()}
    answer = {"event": event, "arn": context.invoked_function_arn}
    return {"statusCode": 201 if path == "/created" else 200, "body": json.dumps(answer),
            "headers": {"Content-Type": "application/json", "x-request-id": event["requestContext"]["requestId"]}}
"""
AUTHORIZER = """
def handler(event, context):
    key = event["headers"].get("authorization", "")
    context = {"verdict": "ok" if key else "missing", "sources": len(event["identitySource"] or [])}
    return {"isAuthorized": key != "deny", "context": context}
"""
VARIABLES = [
    "requestId",
    "httpMethod",
    "path",
    "routeKey",
    "status",
    "responseLength",
    "responseLatency",
    "integrationErrorMessage",
    "integration.latency",
    "identity.sourceIp",
    "identity.userAgent",
    "authorizer.verdict",
    "requestTime",
    "protocol",
    "error.message",
]


@pytest.fixture(scope="module")
def functions(server: Server) -> dict[str, str]:
    client = server.client("lambda")
    echo = make_function(server, "echo", ECHO)
    version = client.publish_version(FunctionName="echo")["Version"]
    client.create_alias(FunctionName="echo", Name="live", FunctionVersion=version)
    return {"echo": f"{echo}:live", "authorizer": make_function(server, "authorizer", AUTHORIZER)}


def template(functions: dict[str, str], stage: dict[str, Any]) -> str:
    api = {"Ref": "Api"}

    def uri(arn: str) -> str:
        return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"

    def of_kind(kind: str, **properties: Any) -> dict[str, Any]:
        return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": {"ApiId": api, **properties}}

    target = {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]}
    cors = {
        "AllowOrigins": ["https://app.example"],
        "AllowMethods": ["POST"],
        "AllowHeaders": ["authorization"],
        "MaxAge": 60,
    }
    return json.dumps(
        {
            "Resources": {
                "Api": {
                    "Type": "AWS::ApiGatewayV2::Api",
                    "Properties": {"Name": "mended", "ProtocolType": "HTTP", "CorsConfiguration": cors},
                },
                "Integration": of_kind(
                    "Integration",
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=uri(functions["echo"]),
                    PayloadFormatVersion="2.0",
                    TimeoutInMillis=2000,
                ),
                "Authorizer": of_kind(
                    "Authorizer",
                    AuthorizerType="REQUEST",
                    Name="keys",
                    AuthorizerUri=uri(functions["authorizer"]),
                    AuthorizerPayloadFormatVersion="2.0",
                    EnableSimpleResponses=True,
                    AuthorizerResultTtlInSeconds=0,
                ),
                "Keyed": of_kind(
                    "Route",
                    RouteKey="POST /keyed",
                    Target=target,
                    AuthorizationType="CUSTOM",
                    AuthorizerId={"Ref": "Authorizer"},
                ),
                "Default": of_kind("Route", RouteKey="$default", Target=target),
                "Stage": of_kind("Stage", StageName="$default", AutoDeploy=True, **stage),
            },
            "Outputs": {"Id": {"Value": api}, "Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}},
        }
    )


def deploy(server: Server, name: str, body: str) -> dict[str, str]:
    client = server.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=body, RoleARN=ROLE)
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    outputs = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


@pytest.fixture(scope="module")
def api(server: Server, functions: dict[str, str]) -> dict[str, str]:
    server.client("logs").create_log_group(logGroupName="/access")
    line = json.dumps({name: f"$context.{name}" for name in VARIABLES})
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/access:*"
    return deploy(
        server, "http-api", template(functions, {"AccessLogSettings": {"DestinationArn": group, "Format": line}})
    )


def test_the_endpoint_attribute_is_a_url_that_answers(server: Server, api: dict[str, str]) -> None:
    assert api["Url"] == f"{server.url}/_aws/execute-api/{api['Id']}/$default"
    assert server.client("apigatewayv2").get_api(ApiId=api["Id"])["ApiEndpoint"] == api["Url"]
    assert http("GET", f"{api['Url']}/anything")[0] == 200


def test_an_api_made_by_call_has_such_an_endpoint_too(server: Server) -> None:
    made = server.client("apigatewayv2").create_api(Name="by-call", ProtocolType="HTTP")
    assert made["ApiEndpoint"] == f"{server.url}/_aws/execute-api/{made['ApiId']}/$default"


def test_a_preflight_is_answered_from_the_cors_configuration(api: dict[str, str]) -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    status, answer, _ = http("OPTIONS", f"{api['Url']}/keyed", headers=headers)
    assert status == 204
    assert answer["access-control-allow-origin"] == "https://app.example"
    assert answer["access-control-allow-methods"] == "POST"
    assert answer["access-control-max-age"] == "60"
    status, answer, _ = http("OPTIONS", f"{api['Url']}/keyed", headers={**headers, "Origin": "https://evil.example"})
    assert status == 204
    assert "access-control-allow-origin" not in answer


def test_an_authorizer_without_identity_source_is_invoked_for_every_request(api: dict[str, str]) -> None:
    status, _, body = http("POST", f"{api['Url']}/keyed", body=b"{}")
    assert status == 200
    event = json.loads(body)["event"]
    assert event["requestContext"]["authorizer"]["lambda"] == {"verdict": "missing", "sources": 0}
    status, _, body = http("POST", f"{api['Url']}/keyed", body=b"{}", headers={"Authorization": "k"})
    assert json.loads(body)["event"]["requestContext"]["authorizer"]["lambda"]["verdict"] == "ok"
    assert http("POST", f"{api['Url']}/keyed", body=b"{}", headers={"Authorization": "deny"})[0] == 403


def test_the_event_is_payload_format_2(api: dict[str, str]) -> None:
    headers = {"X-Mixed-Case": "Value", "Content-Type": "application/json"}
    _, answer, body = http("POST", f"{api['Url']}/a/b?x=1&x=2", body='{"t":"häuser"}'.encode(), headers=headers)
    event = json.loads(body)["event"]
    assert event["routeKey"] == "$default"
    assert event["rawPath"] == "/a/b"
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["headers"]["x-mixed-case"] == "Value"
    assert (event["body"], event["isBase64Encoded"]) == ('{"t":"häuser"}', False)
    assert answer["x-request-id"] == answer["apigw-requestid"] == event["requestContext"]["requestId"]


def test_binary_bodies_pass_both_ways(api: dict[str, str]) -> None:
    assert http("GET", f"{api['Url']}/binary")[2] == bytes(range(256))
    _, _, body = http("POST", f"{api['Url']}/x", body=b"\xff\x00", headers={"Content-Type": "image/png"})
    event = json.loads(body)["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("/wA=", True)


@pytest.mark.parametrize(
    ("body", "encoded"),
    [
        (b'{"inputs": "caf\xe9"}', True),
        ('{"inputs": "café \ufffd"}'.encode(), False),
        ("caf\ud800".encode("utf-8", "surrogatepass"), True),
        (b"\xff\xfe{\x00}\x00", True),
    ],
)
def test_a_body_that_is_not_utf_8_is_no_text_whatever_its_type(api: dict[str, str], body: bytes, encoded: bool) -> None:
    _, _, answer = http("POST", f"{api['Url']}/x", body=body, headers={"Content-Type": "application/json"})
    event = json.loads(answer)["event"]
    assert event["isBase64Encoded"] is encoded
    assert (base64.b64decode(event["body"]) if encoded else event["body"].encode()) == body


@pytest.mark.parametrize("target", [b"/caf\xe9", b"/x?label=caf\xe9", b"/caf\xc3\xa9", b"/x?label=caf\xc3\xa9"])
def test_bytes_in_a_url_that_are_not_ascii_are_a_400(server: Server, api: dict[str, str], target: bytes) -> None:
    path = urlsplit(api["Url"]).path.encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET " + path + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:300]


def test_escaped_bytes_in_a_url_that_are_not_utf_8_reach_the_function(api: dict[str, str]) -> None:
    _, _, answer = http("GET", f"{api['Url']}/caf%E9?label=caf%E9&cursor=caf%C3%A9", headers={"x-name": "caf\xe9"})
    event = json.loads(answer)["event"]
    assert event["rawPath"] == "/caf\ufffd"
    assert event["rawQueryString"] == "label=caf%E9&cursor=caf%C3%A9"
    assert event["headers"]["x-name"] == "caf\xe9"


def test_a_failing_lambda_is_a_500_that_tells_nothing(api: dict[str, str]) -> None:
    for path in ("/crash", "/nonsense"):
        status, _, body = http("GET", api["Url"] + path)
        assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


def test_a_lambda_slower_than_the_integration_timeout_is_a_503(api: dict[str, str]) -> None:
    status, _, body = http("GET", f"{api['Url']}/slow")
    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


def test_more_than_ten_mebibytes_are_a_413(api: dict[str, str]) -> None:
    limit = 10 * 1024 * 1024
    status, _, body = http("POST", f"{api['Url']}/x", body=b"0" * (limit + 1), headers={"Content-Type": "text/plain"})
    assert (status, json.loads(body)) == (413, {"message": "Request Entity Too Large"})


def test_a_stage_over_its_rate_answers_429(server: Server, functions: dict[str, str]) -> None:
    limits = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.01}
    url = deploy(server, "throttled", template(functions, {"DefaultRouteSettings": limits}))["Url"]
    answers = [http("GET", f"{url}/x") for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert json.loads(answers[2][2]) == {"message": "Too Many Requests"}


def test_access_logs_have_their_variables(server: Server, api: dict[str, str]) -> None:
    headers = {"User-Agent": 'a "quoted" agent'}
    _, answer, body = http("POST", f"{api['Url']}/keyed?q=1", body=b"{}", headers=headers)
    http("GET", f"{api['Url']}/crash", headers=headers)
    lines = [json.loads(line) for line in log_lines(server, "/access")]
    keyed = next(line for line in lines if line["requestId"] == answer["apigw-requestid"])
    expected = {
        "httpMethod": "POST",
        "path": "/keyed",
        "routeKey": "POST /keyed",
        "status": "200",
        "protocol": "HTTP/1.1",
    }
    assert expected.items() <= keyed.items()
    assert keyed["responseLength"] == str(len(body))
    assert keyed["identity.sourceIp"] == "127.0.0.1"
    assert keyed["identity.userAgent"] == headers["User-Agent"]
    assert keyed["authorizer.verdict"] == "missing"
    assert keyed["integrationErrorMessage"] == keyed["error.message"] == "-"
    assert int(keyed["responseLatency"]) >= int(keyed["integration.latency"]) >= 0
    time.strptime(keyed["requestTime"], "%d/%b/%Y:%H:%M:%S +0000")
    crash = next(line for line in lines if line["path"] == "/crash" and "quoted" in line["identity.userAgent"])
    assert (crash["status"], crash["integrationErrorMessage"]) == ("500", "secret detail")
    assert (crash["error.message"], crash["authorizer.verdict"]) == ("Internal Server Error", "-")


def test_api_gateway_metrics_by_api_and_stage(server: Server, functions: dict[str, str]) -> None:
    api = deploy(server, "measured", template(functions, {}))
    for path in ("/a", "/created", "/crash"):
        http("GET", api["Url"] + path)
    http("POST", f"{api['Url']}/keyed", body=b"12345", headers={"Authorization": "deny"})
    for dimensions in ({"ApiId": api["Id"]}, {"ApiId": api["Id"], "Stage": "$default"}):
        assert total(server, "AWS/ApiGateway", "Count", dimensions) == 4
        assert total(server, "AWS/ApiGateway", "4xx", dimensions) == 1
        assert total(server, "AWS/ApiGateway", "5xx", dimensions) == 1
        assert total(server, "AWS/ApiGateway", "Latency", dimensions, "SampleCount") == 4
        assert total(server, "AWS/ApiGateway", "IntegrationLatency", dimensions, "SampleCount") == 3
        assert total(server, "AWS/ApiGateway", "DataProcessed", dimensions) > 5


def test_lambda_metrics_of_api_traffic_by_function_and_alias(server: Server, functions: dict[str, str]) -> None:
    url = deploy(server, "lambda-metrics", template(functions, {}))["Url"]
    sets = ({"FunctionName": "echo"}, {"FunctionName": "echo", "Resource": "echo:live"})
    names = ("Invocations", "Errors", "Throttles")
    before = [{name: total(server, "AWS/Lambda", name, each) for name in names} for each in sets]
    _, _, body = http("GET", f"{url}/a")
    http("GET", f"{url}/crash")
    assert json.loads(body)["arn"].endswith(":function:echo:live")
    for dimensions, earlier in zip(sets, before, strict=True):
        grown = {name: total(server, "AWS/Lambda", name, dimensions) - earlier[name] for name in names}
        assert grown == {"Invocations": 2, "Errors": 1, "Throttles": 0}
        assert total(server, "AWS/Lambda", "Duration", dimensions, "Maximum") > 0
    assert total(server, "AWS/Lambda", "ConcurrentExecutions", {"FunctionName": "echo"}, "Maximum") >= 1
