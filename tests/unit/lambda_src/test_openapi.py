"""contracts/openapi.yaml is valid and in step with the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import fastjsonschema
import pytest
import yaml
from openapi_spec_validator import validate

from lambda_src.classify import handler as classify
from lambda_src.common.api import contract, http
from lambda_src.common.problems import CATALOGUE
from lambda_src.examples import handler as examples
from lambda_src.labelling import handler as labelling
from lambda_src.meta import handler as site
from lambda_src.meta import served_contract
from lambda_src.request_log_api import handler as records
from tests.unit.lambda_src import documented

SOURCE = Path(__file__).resolve().parents[3] / "contracts" / "openapi.yaml"
DOCUMENT = yaml.safe_load(SOURCE.read_text("utf-8"))


def test_it_is_valid_openapi():
    validate(DOCUMENT)


def test_what_is_served_is_the_source():
    assert json.loads(contract.text()) == DOCUMENT


@pytest.mark.parametrize(("auth", "kind"), [("iam", "apiKey"), ("jwt", "openIdConnect")])
def test_with_other_authentication_the_served_contract_says_so(auth, kind):
    served = json.loads(served_contract.text(auth=auth, issuer="https://issuer.example/"))
    validate(served)
    [(name, scheme)] = served["components"]["securitySchemes"].items()
    assert (scheme["type"], served["security"]) == (kind, [{name: []}])
    if auth == "jwt":
        assert scheme["openIdConnectUrl"] == "https://issuer.example/.well-known/openid-configuration"
    assert served["paths"]["/v1/stats"]["get"]["security"] == [{name: ["read"] if auth == "jwt" else []}]
    refusal = served["components"]["responses"]["Unauthorized"]["content"]
    assert refusal["application/json"]["schema"] == {"$ref": "#/components/schemas/GatewayMessage"}
    assert served_contract.text(auth="keys", issuer="") == contract.text()


def test_a_built_contract_comes_first(tmp_path, monkeypatch):
    (tmp_path / "openapi.json").write_text('{"built": true}')
    monkeypatch.setattr(contract, "_SOURCES", tmp_path)
    assert contract.text.__wrapped__() == '{"built": true}'


def test_every_site_route_is_documented_and_the_other_way_round():
    documented = {f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item}
    assert documented == {*site._ROUTES, *records._ROUTES, *labelling._ROUTES, "POST /v1/classify", "POST /v1/examples"}


def test_every_problem_is_documented_with_its_status():
    responses = DOCUMENT["components"]["responses"].values()
    documented = {slug for response in responses for slug in re.findall(r"`([a-z-]+)`", response["description"])}
    assert set(CATALOGUE) <= documented
    statuses = {status for item in DOCUMENT["paths"].values() for operation in item.values()
                for status in operation["responses"]}  # fmt: skip
    assert {str(kind.status) for kind in CATALOGUE.values()} - statuses == {"405"}


def test_open_and_keyed_routes():
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            keyed = operation.get("security", DOCUMENT["security"]) != []
            assert keyed == path.startswith("/v1/")


KEYED = [(method, path) for path, item in DOCUMENT["paths"].items() for method in item if path.startswith("/v1/")]
SCOPES = {"classify", "feedback", "examples", "read", "label"}
STANDING = {"limit": "40", "remaining": "0", "reset": "3", "retry_after": "2"}


@pytest.fixture
def ask(account, configure, load_event, context):
    """Sends a request without a body to an operation, with the authorizer's result; returns the answer."""
    names = (
        *("ENDPOINT_NAME", "REQUEST_LOG_TABLE", "LOG_DLQ_URL", "APPROVED_MODEL_PARAMETER", "ARTIFACT_BUCKET"),
        *("EXAMPLES_TABLE", "LEDGER_TABLE", "ERASED_TABLE", "ANSWERS_TABLE"),
    )
    for module in (classify, examples, labelling, records, site):
        configure(
            module,
            **dict.fromkeys(names, "x"),
            REQUEST_LOG_DAYS="1",
            EXAMPLE_DAYS="1",
            REQUEST_LOG_SHARDS="1",
            REQUEST_LOG_TEXT="store",
            LABELLING_DAYS="7",
            SHARED_SHARE="0.2",
            ENVIRONMENT="dev",
        )

    def ask(method, path, authorizer=None):
        event = load_event("default")
        event["rawPath"] = path
        event["requestContext"]["http"]["method"] = method.upper()
        event["requestContext"]["authorizer"] = authorizer and {"lambda": authorizer}
        response = _handler_of(f"{method.upper()} {path}")(event, context)
        assert documented.faults(event, response) == []
        return response

    return ask


def test_there_are_keyed_routes():
    assert len(KEYED) >= 7


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_a_keyed_route_refuses_a_request_without_a_key(ask, method, path):
    assert ask(method, path)["statusCode"] == 401


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_a_keyed_route_needs_the_scope_that_the_contract_names_and_no_other(ask, method, path):
    [needed] = DOCUMENT["paths"][path][method]["security"][0]["apiKey"]
    key = {"verdict": "ok", "key_id": "abcdefgh23", **STANDING}
    refused = ask(method, path, {**key, "scopes": " ".join(SCOPES - {needed})})
    assert (refused["statusCode"], refused["headers"]["ratelimit-remaining"]) == (403, "0")
    assert f"`{needed}`" in refused["body"]
    assert ask(method, path, {**key, "scopes": needed})["statusCode"] not in (401, 403)


@pytest.mark.parametrize(("method", "path"), KEYED)
@pytest.mark.parametrize("verdict", ["rate-exceeded", "quota-exceeded"])
def test_an_answer_beyond_a_limit_says_where_the_key_stands(ask, method, path, verdict):
    response = ask(method, path, {"verdict": verdict, "key_id": "abcdefgh23", "scopes": "read", **STANDING})
    assert response["statusCode"] == 429
    limits = {"ratelimit-limit": "40", "ratelimit-remaining": "0", "ratelimit-reset": "3", "retry-after": "2"}
    assert limits.items() <= response["headers"].items()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"x-request-id": None}, "x-request-id is missing"),
        ({"x-model-version": None}, "x-model-version is missing"),
        ({"x-new": "1"}, "x-new is not documented"),
        ({"x-cache": "perhaps"}, "x-cache is 'perhaps'"),
        ({"ratelimit-limit": "0"}, "ratelimit-limit is '0'"),
        ({"ratelimit-reset": None}, "does not say where the key stands"),
        ({"content-type": "text/plain"}, "content-type text/plain is not documented"),
    ],
)
def test_an_answer_that_the_contract_does_not_describe_is_seen(load_event, change, fault):
    event = load_event("classify_single")
    right = http.json_response(
        event, status=200, document={}, headers={"x-model-version": "v", "x-backend": "sagemaker"}
    )
    assert documented.faults(event, right) == []
    headers = {name: value for name, value in {**right["headers"], **change}.items() if value is not None}
    assert any(fault in one for one in documented.faults(event, {**right, "headers": headers}))
    assert documented.faults(event, {**right, "statusCode": 201}) == [
        "POST /v1/classify 201: the status is not documented"
    ]


def _handler_of(route):
    if route in records._ROUTES:
        return records.handler
    if route in labelling._ROUTES:
        return labelling.handler
    return {"POST /v1/classify": classify.handler, "POST /v1/examples": examples.handler}.get(route, site.handler)


def _examples():
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for media in body.get("content", {}).values():
                    for name, example in media.get("examples", {}).items():
                        yield pytest.param(media["schema"], example["value"], id=f"{path}-{name}")
    for name, response in DOCUMENT["components"]["responses"].items():
        media = response["content"]["application/problem+json"]
        if "example" in media:
            yield pytest.param(media["schema"], media["example"], id=name)


@pytest.mark.parametrize(("schema", "example"), list(_examples()))
def test_examples_fit_their_schemas(schema, example):
    fastjsonschema.compile({**schema, "components": DOCUMENT["components"]})(example)


def test_there_are_examples():
    assert len(list(_examples())) >= 8
