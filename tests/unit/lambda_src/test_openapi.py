"""lambda_src/openapi.yaml: valid, and in step with the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import fastjsonschema
import pytest
import yaml
from openapi_spec_validator import validate

import lambda_src
from lambda_src.classify import handler as classify
from lambda_src.common import contract
from lambda_src.common.problems import CATALOGUE
from lambda_src.examples import handler as examples
from lambda_src.records import handler as records
from lambda_src.site import handler as site
from lambda_src.site import served_contract

SOURCE = Path(lambda_src.__file__).parent / "openapi.yaml"
DOCUMENT = yaml.safe_load(SOURCE.read_text("utf-8"))
API_DOCS = Path(lambda_src.__file__).parents[1] / "docs" / "api.md"


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
    refusal = served["components"]["responses"]["Unauthorized"]["content"]
    assert refusal["application/json"]["schema"] == {"$ref": "#/components/schemas/GatewayMessage"}
    assert served_contract.text(auth="keys", issuer="") == contract.text()


def test_a_built_contract_comes_first(tmp_path, monkeypatch):
    (tmp_path / "openapi.json").write_text('{"built": true}')
    monkeypatch.setattr(contract, "_SOURCES", tmp_path)
    assert contract.text.__wrapped__() == '{"built": true}'


def test_every_site_route_is_documented_and_the_other_way_round():
    documented = {f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item}
    assert documented == {*site._ROUTES, *records._ROUTES, "POST /v1/classify", "POST /v1/examples"}


def test_every_problem_is_documented_with_its_status():
    responses = DOCUMENT["components"]["responses"].values()
    documented = {slug for response in responses for slug in re.findall(r"`([a-z-]+)`", response["description"])}
    assert set(CATALOGUE) <= documented
    statuses = {status for item in DOCUMENT["paths"].values() for operation in item.values()
                for status in operation["responses"]}  # fmt: skip
    assert {str(kind.status) for kind in CATALOGUE.values()} - statuses == {"405"}


def test_the_api_reference_lists_every_problem():
    text = API_DOCS.read_text("utf-8")
    assert {slug for slug, kind in CATALOGUE.items() if f"| {kind.status} | `{slug}` |" not in text} == set()


def test_open_and_keyed_routes():
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            keyed = operation.get("security", DOCUMENT["security"]) != []
            assert keyed == path.startswith("/v1/")


def test_every_keyed_route_refuses_a_request_without_a_key(account, configure, load_event, context):
    names = (
        *("ENDPOINT_NAME", "REQUEST_LOG_TABLE", "LOG_DLQ_URL", "APPROVED_MODEL_PARAMETER", "ARTIFACT_BUCKET"),
        *("EXAMPLES_TABLE", "ANSWERS_TABLE"),
    )
    for module in (classify, examples, records, site):
        configure(
            module, **dict.fromkeys(names, "x"), REQUEST_LOG_DAYS="1", REQUEST_LOG_TEXT="store", ENVIRONMENT="dev"
        )
    keyed = [(method, path) for path, item in DOCUMENT["paths"].items() for method in item if path.startswith("/v1/")]
    assert len(keyed) >= 2
    for method, path in keyed:
        event = load_event("default")
        event["rawPath"] = path
        event["requestContext"]["http"]["method"] = method.upper()
        assert _handler_of(f"{method.upper()} {path}")(event, context)["statusCode"] == 401, path


def _handler_of(route):
    if route in records._ROUTES:
        return records.handler
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
