"""Tests the HTTP API: authorization by route, CORS and access logs."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.stacks.conftest import REPOSITORY, Synthesise, Synthesised

CONTRACT = REPOSITORY / "contracts" / "openapi.yaml"


def test_the_versioned_routes_need_a_key_and_the_others_do_not(each: Synthesised) -> None:
    routes = {
        route["Properties"]["RouteKey"]: route["Properties"].get("AuthorizationType", "NONE")
        for route in each.resources("api", "AWS::ApiGatewayV2::Route").values()
    }
    assert routes == {
        "POST /v1/classify": "CUSTOM",
        "POST /v1/feedback": "CUSTOM",
        "POST /v1/examples": "CUSTOM",
        "GET /v1/queue": "CUSTOM",
        "GET /v1/labels": "CUSTOM",
        "POST /v1/labels": "CUSTOM",
        "GET /v1/requests": "CUSTOM",
        "GET /v1/requests/{id}": "CUSTOM",
        "GET /v1/stats": "CUSTOM",
        "GET /v1/model": "CUSTOM",
        "GET /v1/drift": "CUSTOM",
        "GET /health": "NONE",
        "GET /openapi.json": "NONE",
        "GET /": "NONE",
        "GET /console.js": "NONE",
        "GET /console.css": "NONE",
        "GET /docs": "NONE",
        "GET /docs.js": "NONE",
        "GET /docs.css": "NONE",
        "$default": "NONE",
    }


def test_the_authorizer_is_asked_every_time(each: Synthesised) -> None:
    [authorizer] = each.resources("api", "AWS::ApiGatewayV2::Authorizer").values()
    properties = authorizer["Properties"]
    assert properties["AuthorizerPayloadFormatVersion"] == "2.0"
    assert properties["EnableSimpleResponses"] is True
    assert properties["AuthorizerResultTtlInSeconds"] == 0
    assert properties.get("IdentitySource", []) == []


def test_the_stage_throttles_and_logs(prod: Synthesised) -> None:
    [stage] = prod.resources("api", "AWS::ApiGatewayV2::Stage").values()
    properties = stage["Properties"]
    assert properties["StageName"] == "$default"
    assert properties["DefaultRouteSettings"]["ThrottlingRateLimit"] == 200
    assert properties["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 400
    logged = json.loads(properties["AccessLogSettings"]["Format"])
    assert {"request_id", "status", "latency_ms", "key_id", "route"} <= set(logged)


def test_the_access_log_holds_nothing_that_a_key_could_stand_in_by_mistake(prod: Synthesised) -> None:
    [stage] = prod.resources("api", "AWS::ApiGatewayV2::Stage").values()
    logged = set(json.loads(stage["Properties"]["AccessLogSettings"]["Format"]).values())
    sent = {"path", "requestOverride", "resourcePath", "protocol", "identity.apiKey"}
    assert not {f"$context.{name}" for name in sent} & logged


def test_browsers_that_sign_their_requests_may_send_the_signature(synthesise: Synthesise, local: Synthesised) -> None:
    def allowed(synthesised: Synthesised) -> set[str]:
        [api] = synthesised.resources("api", "AWS::ApiGatewayV2::Api").values()
        return set(api["Properties"]["CorsConfiguration"]["AllowHeaders"])

    signed = synthesise("dev", change="api: {auth: iam, cors_origins: ['https://example.com']}")
    signature = {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
    assert signature <= allowed(signed)
    assert allowed(local) & signature == {"authorization"}


def test_browsers_of_the_given_origins_may_call(local: Synthesised, dev: Synthesised) -> None:
    [api] = local.resources("api", "AWS::ApiGatewayV2::Api").values()
    cors = api["Properties"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["*"]
    assert "x-api-key" in cors["AllowHeaders"]
    responses = yaml.safe_load(CONTRACT.read_text("utf-8"))["paths"]["/v1/classify"]["post"]["responses"]
    assert set(responses["200"]["headers"]) | {"retry-after"} == set(cors["ExposeHeaders"])
    [api] = dev.resources("api", "AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api["Properties"]


TOKENS = "api: {auth: jwt, jwt: {issuer: https://issuer.example, audience: [client]}}"


@pytest.mark.parametrize(("change", "guard"), [("api: {auth: iam}", "AWS_IAM"), (TOKENS, "JWT")])
def test_other_authentication_guards_the_same_routes(synthesise: Synthesise, change: str, guard: str) -> None:
    environment = synthesise("dev", change=change)
    for route in environment.resources("api", "AWS::ApiGatewayV2::Route").values():
        properties = route["Properties"]
        wanted = guard if " /v1/" in properties["RouteKey"] else "NONE"
        assert properties.get("AuthorizationType", "NONE") == wanted, properties["RouteKey"]
    functions = environment.resources("api", "AWS::Lambda::Function")
    # It stays to keep its name exported, but has no permissions and no callers.
    [idle] = [name for name in functions if name.startswith("Authorizer")]
    assert "API_KEYS_TABLE" not in functions[idle]["Properties"]["Environment"]["Variables"]
    [policy] = [name for name in environment.resources("api", "AWS::IAM::Policy") if name.startswith("Authorizer")]
    statements = environment.resources("api")[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == [["logs:CreateLogStream", "logs:PutLogEvents"]]
    assert idle not in json.dumps(environment.resources("api", "AWS::Lambda::Permission"))
    variables = [f["Properties"]["Environment"]["Variables"] for n, f in functions.items() if n.startswith("Site")]
    assert variables[0]["API_AUTH"] == ("iam" if guard == "AWS_IAM" else "jwt")
    alarms = environment.resources("monitoring", "AWS::CloudWatch::Alarm")
    assert [name for name in alarms if "Authorizer" in name] == []


def test_tokens_are_of_one_issuer_for_these_audiences(synthesise: Synthesise) -> None:
    environment = synthesise("dev", change=TOKENS)
    [authorizer] = environment.resources("api", "AWS::ApiGatewayV2::Authorizer").values()
    properties = authorizer["Properties"]
    assert properties["JwtConfiguration"] == {"Audience": ["client"], "Issuer": "https://issuer.example"}
    assert properties["IdentitySource"] == ["$request.header.Authorization"]
    [stage] = environment.resources("api", "AWS::ApiGatewayV2::Stage").values()
    logged = json.loads(stage["Properties"]["AccessLogSettings"]["Format"])
    assert logged["key_id"] == "$context.authorizer.claims.sub"


def test_only_listed_origins_may_call_from_a_browser(synthesise: Synthesise) -> None:
    synthesised = synthesise("dev", change="api: {cors_origins: ['https://ours.example']}")
    [api] = synthesised.resources("api", "AWS::ApiGatewayV2::Api").values()
    assert api["Properties"]["CorsConfiguration"]["AllowOrigins"] == ["https://ours.example"]
    assert api["Properties"]["CorsConfiguration"].get("AllowCredentials", False) is False
