"""Tests meta/."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path
from typing import Any

import boto3
import fastjsonschema
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from lambda_src.common import aws
from lambda_src.common.api import contract
from lambda_src.meta import handler as site
from lambda_src.meta import model_check, pages

PARAMETER = "/rubric/dev/approved-model"
EVALUATION: dict[str, Any] = {
    "accuracy": 0.93,
    "macro_f1": 0.92,
    "per_class": {"A": {"precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 10}},
    "confusion_matrix": [[9, 1], [0, 10]],
    "labels": ["A", "B"],
    "calibration_error": 0.02,
    "baseline": {"name": "TF-IDF + linear", "accuracy": 0.9, "macro_f1": 0.89, "fit_seconds": 1.5},
    "champion": None,
    "int8_agreement": 0.99,
    "counts": {"train": 80, "valid": 10, "test": 20},
    "split": "stratified by label",
    "model_version": "job-1",
    "base_model": "compact",
    "dataset_sha256": "ab" * 32,
}


@pytest.fixture
def world(account, configure):
    s3, ssm = boto3.client("s3"), boto3.client("ssm")
    s3.create_bucket(Bucket="artifacts")
    configure(site, APPROVED_MODEL_PARAMETER=PARAMETER, ARTIFACT_BUCKET="artifacts", ENVIRONMENT="dev",
              ENDPOINT_NAME="rubric-dev")  # fmt: skip
    return s3, ssm


def approve(world, job, evaluation=EVALUATION):
    s3, ssm = world
    body = evaluation if isinstance(evaluation, bytes) else json.dumps(evaluation).encode()
    s3.put_object(Bucket="artifacts", Key=f"models/{job}/evaluation.json", Body=body)
    value = f"s3://artifacts/models/{job}/output/model.tar.gz"
    ssm.put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)


def fits(schema, document):
    root = {"$ref": f"#/components/schemas/{schema}", "components": contract.document()["components"]}
    fastjsonschema.compile(root)(document)


def call(event, context, status=200):
    response = site.handler(event, context)
    assert response["statusCode"] == status
    assert response["headers"]["x-request-id"] == "JKJaXmPLvHcESHA="
    if status >= 400:
        assert response["headers"]["content-type"] == "application/problem+json"
        fits("Problem", json.loads(response["body"]))
    return response


def test_the_model(world, load_event, context):
    approve(world, "job-1")
    response = call(load_event("model"), context)
    document = json.loads(response["body"])
    fits("Model", document)
    assert response["headers"]["x-model-version"] == document["model_version"] == "job-1"
    assert document["labels"] == ["A", "B"]
    assert document["dataset"] == {"sha256": "ab" * 32, "split": "stratified by label", "counts": EVALUATION["counts"]}
    assert document["evaluation"]["baseline"] == EVALUATION["baseline"]
    assert document["evaluation"]["confusion_matrix"] == [[9, 1], [0, 10]]
    assert document["evaluation"]["per_class"]["A"]["support"] == 10
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["created"])


def test_the_dataset_version_is_named_by_its_manifest(world, load_event, context):
    approve(world, "job-1", {**EVALUATION, "dataset_version": "v3", "manifest_sha256": "cd" * 32})
    document = json.loads(call(load_event("model"), context)["body"])
    fits("Model", document)
    assert (document["dataset"]["version"], document["dataset"]["manifest_sha256"]) == ("v3", "cd" * 32)


def test_a_foundation_model_is_described_as_one(world, configure, load_event, context):
    name = "amazon.nova-micro-v1:0"
    configure(site, BACKEND="bedrock", BEDROCK_MODEL_ID=name, BEDROCK_LABELS='["A", "B"]')
    response = call(load_event("model"), context)
    document = json.loads(response["body"])
    fits("Model", document)
    assert document == {"model_version": name, "labels": ["A", "B"], "backend": "bedrock"}
    assert response["headers"]["x-model-version"] == name
    assert json.loads(call(load_event("health"), context)["body"])["model_version"] == name


def test_of_the_evaluation_only_figures_are_handed_out(world, load_event, context):
    """A training job's files for operators contain texts of the dataset, wherever somebody puts them."""
    text = "Minister's secret diary found"
    interval = [0.9, 0.95]
    approve(
        world,
        "job-1",
        {
            **EVALUATION,
            "accuracy_interval": interval,
            "macro_f1_interval": [text, 1],
            "per_class": {
                "A": {**EVALUATION["per_class"]["A"], "f1_interval": interval, "example": text},
                text: {"f1": 1},
            },
            "confusion_matrix": [[9, 1], [0, 10], [text]],
            "baseline": {**EVALUATION["baseline"], "mistakes": [text], "comparison": {"examples": [text]}},
            "counts": {**EVALUATION["counts"], text: 1},
            "mistakes": [{"text": text, "truth": "A", "words": [{"word": text, "influence": 0.5}]}],
            "data": {"near_duplicates": {"examples": [[text, text]]}, "conflicts": {"examples": [text]}},
            "leak": {"examples": [text]},
            "champion": {"reason": text},
            "history": [{"step": 1, "loss": 0.5}],
        },
    )
    body = call(load_event("model"), context)["body"]
    assert "secret" not in body
    document = json.loads(body)
    fits("Model", document)
    assert document["evaluation"]["accuracy_interval"] == interval
    assert document["evaluation"]["per_class"] == {"A": {**EVALUATION["per_class"]["A"], "f1_interval": interval}}
    assert document["evaluation"]["confusion_matrix"] == EVALUATION["confusion_matrix"]
    assert document["evaluation"]["baseline"] == EVALUATION["baseline"]
    assert "mistakes" not in document["evaluation"]


def test_the_model_needs_a_key(world, load_event, context):
    approve(world, "job-1")
    event = load_event("model")
    event["requestContext"]["authorizer"]["lambda"]["verdict"] = "revoked"
    call(event, context, 403)
    del event["requestContext"]["authorizer"]
    call(event, context, 401)


def test_a_promotion_shows_within_seconds(world, load_event, context, monkeypatch):
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    approve(world, "job-1")
    assert json.loads(call(load_event("model"), context)["body"])["model_version"] == "job-1"
    approve(world, "job-2", {**EVALUATION, "accuracy": 0.95})
    assert json.loads(call(load_event("model"), context)["body"])["model_version"] == "job-1"
    now[0] += 11
    document = json.loads(call(load_event("model"), context)["body"])
    assert (document["model_version"], document["evaluation"]["accuracy"]) == ("job-2", 0.95)


def test_no_model_yet_and_then_one(world, load_event, context):
    response = call(load_event("model"), context, 503)
    assert response["headers"]["retry-after"] == "5"
    assert json.loads(call(load_event("health"), context)["body"])["model_version"] is None
    approve(world, "job-1")
    call(load_event("model"), context)


@pytest.mark.parametrize("evaluation", [b"not json", b"[" * 100_000, None], ids=["text", "deep", "gone"])
def test_an_evaluation_that_cannot_be_read(world, load_event, context, evaluation):
    approve(world, "job-1", evaluation or b"")
    if evaluation is None:
        world[0].delete_object(Bucket="artifacts", Key="models/job-1/evaluation.json")
    call(load_event("model"), context, 503)


def test_an_evaluation_without_figures_is_our_fault(world, load_event, context):
    approve(world, "job-1", {"labels": ["A", "B"]})
    call(load_event("model"), context, 500)


def test_a_parameter_that_names_no_model(world, load_event, context):
    world[1].put_parameter(Name=PARAMETER, Value="s3://artifacts/else.tar.gz", Type="String")
    call(load_event("model"), context, 503)


def test_health(world, load_event, context):
    approve(world, "job-1")
    document = json.loads(call(load_event("health"), context)["body"])
    fits("Health", document)
    assert document == {"status": "ok", "environment": "dev", "model_version": "job-1"}


def test_health_stays_ok_when_aws_does_not_answer(world, load_event, context, monkeypatch):
    def fail(**call):
        raise ConnectTimeoutError(endpoint_url="http://ssm")

    monkeypatch.setattr(aws.client("ssm", connect_timeout=1.0, read_timeout=1.0, attempts=1), "get_parameter", fail)
    assert json.loads(call(load_event("health"), context)["body"])["model_version"] is None


def route(load_event, key, method="GET"):
    event = load_event("default")
    event["routeKey"] = event["requestContext"]["routeKey"] = key
    if key != "$default":
        event["rawPath"] = event["requestContext"]["http"]["path"] = key.split(" ")[-1]
    event["requestContext"]["http"]["method"] = method
    return event


def test_the_contract_is_served(world, load_event, context):
    response = call(route(load_event, "GET /openapi.json"), context)
    assert response["headers"]["content-type"] == "application/json"
    assert json.loads(response["body"]) == contract.document()


@pytest.mark.parametrize(
    ("path", "content_type"), [("/", "text/html"), ("/console.js", "text/javascript"), ("/console.css", "text/css")]
)
def test_the_console_s_files(world, load_event, context, path, content_type):
    response = call(route(load_event, f"GET {path}"), context)
    assert response["headers"]["content-type"] == f"{content_type}; charset=utf-8"
    policy = response["headers"]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response["headers"]["x-content-type-options"] == "nosniff"


def test_the_console_needs_nothing_from_elsewhere():
    html, script, style = (pages.text(f"console.{kind}") for kind in ("html", "js", "css"))
    for text in (html, script, style):
        assert "://" not in text
    links = {"#main", "data:,", "console.css", "console.js", "openapi.json", "docs"}
    assert set(re.findall(r'(?:href|src)="([^"]*)"', html)) == links
    # Nothing inline, which the policy would refuse, and no text as markup.
    assert not re.search(r"<script>|<style|style=|\son\w+=", html)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_the_console_calls_routes_of_the_contract():
    paths = set(re.findall(r'call\("([^"]*)"', pages.text("console.js")))
    # Relative, as the API may stand under a prefix.
    assert {f"/{path}" for path in paths} <= set(contract.document()["paths"])
    assert {"v1/classify", "v1/feedback", "v1/requests", "v1/stats", "v1/model", "health"} <= paths
    assert pages.text("console.js").count("fetch(path") == 1


def test_the_console_s_script_is_all_of_its_parts():
    folder = Path(pages.__file__).parent / "static/console"
    assert {path.stem for path in folder.iterdir()} == set(pages.CONSOLE_PARTS)
    script = pages.text("console.js")
    assert not re.search(r'^import .* from "\./|^export ', script, re.MULTILINE)
    before: set[str] = set()
    for name in pages.CONSOLE_PARTS:
        source = (folder / f"{name}.js").read_text("utf-8")
        for names, other in re.findall(r'^import \{ ([^}]*) \} from "\./(\w+)\.js";$', source, re.MULTILINE):
            assert other in before, f"{name}.js imports {other}.js, which comes after it"
            exported = re.findall(
                r"^export (?:async )?\w+ (\w+)", (folder / f"{other}.js").read_text("utf-8"), re.MULTILINE
            )
            assert set(names.split(", ")) <= set(exported)
        before.add(name)


def test_the_console_s_limits_are_the_contract_s():
    schemas = contract.document()["components"]["schemas"]
    script = pages.text("console.js")
    assert f"MAX_TEXTS = {schemas['TextList']['maxItems']};" in script
    assert f"MAX_CHARACTERS = {schemas['Text']['maxLength']};" in script
    limits = f"At most {schemas['TextList']['maxItems']}, with up to {schemas['Text']['maxLength']:,} characters"
    assert limits in pages.text("console.html")


def test_every_element_the_script_asks_for_is_there():
    ids = re.findall(r'id="([\w-]+)"', pages.text("console.html"))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'byId\("([\w-]+)"\)', pages.text("console.js"))) <= set(ids)


def test_every_class_the_script_gives_has_a_style():
    styled = set(re.findall(r"\.([a-z][\w-]*)", pages.text("console.css")))
    used = set(re.findall(r'element\("\w+", "([\w -]+)"', pages.text("console.js")))
    assert {name for names in used for name in names.split()} - styled <= {"said"}


@pytest.mark.parametrize("path", ["/nothing/here", "/v1", "/v1/classify/", "/v2/classify", "/favicon.ico"])
def test_unknown_paths(world, load_event, context, path):
    event = route(load_event, "$default")
    event["rawPath"] = path
    document = json.loads(call(event, context, 404)["body"])
    assert document["type"] == "urn:rubric:problem:not-found"


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("GET", "/v1/classify", "POST"), ("DELETE", "/v1/model", "GET"), ("POST", "/", "GET")]
)
def test_a_known_path_with_another_method(world, load_event, context, method, path, allow):
    event = route(load_event, "$default", method)
    event["rawPath"] = path
    response = call(event, context, 405)
    assert response["headers"]["allow"] == allow
    assert f"not {method}" in json.loads(response["body"])["detail"]


def deep(load_event, value="true"):
    event = load_event("health")
    event["rawQueryString"] = f"deep={value}"
    return event


class Runtime:
    """An endpoint that answers with `document`, or fails."""

    def __init__(self, document=None, error=None):
        self.asked = 0
        self._document = document
        self._error = error

    def invoke_endpoint(self, **call):
        self.asked += 1
        assert call["EndpointName"] == "rubric-dev"
        if self._error:
            raise self._error
        return {"Body": io.BytesIO(json.dumps(self._document).encode())}


@pytest.fixture
def model(world, monkeypatch):
    def put(runtime):
        monkeypatch.setattr(site._check(), "_runtime", runtime)
        return runtime

    return put


def test_deep_health_asks_the_model(world, model, load_event, context):
    approve(world, "job-1")
    runtime = model(Runtime({"predictions": [{}]}))
    response = call(deep(load_event), context)
    fits("Health", json.loads(response["body"]))
    assert response["headers"]["x-model-version"] == "job-1"
    call(deep(load_event), context)
    assert runtime.asked == 1
    call(load_event("health"), context)
    call(deep(load_event, "false"), context)
    assert runtime.asked == 1


@pytest.mark.parametrize(
    "runtime",
    [
        Runtime(error=ConnectTimeoutError(endpoint_url="http://e")),
        Runtime({"predictions": []}),
        Runtime({"predictions": 1}),
        Runtime(["no object"]),
    ],
)
def test_deep_health_of_a_model_that_is_not_well(world, model, load_event, context, runtime):
    model(runtime)
    response = call(deep(load_event), context, 503)
    assert response["headers"]["retry-after"] == "5"
    assert json.loads(response["body"])["type"].endswith(":model-unavailable")
    call(load_event("health"), context)


class SageMaker:
    """What says of a component that it is in `status`; with None there is none."""

    def __init__(self, status="InService", copies=0):
        self.asked, self.status, self.copies = [], status, copies

    def describe_inference_component(self, InferenceComponentName):
        self.asked.append(InferenceComponentName)
        if self.status is None:
            error = {"Error": {"Code": "ValidationException", "Message": "Could not find inference component"}}
            raise ClientError(error, "DescribeInferenceComponent")
        counts = {"CurrentCopyCount": self.copies, "DesiredCopyCount": self.copies}
        return {"InferenceComponentStatus": self.status, "RuntimeConfig": counts}


@pytest.fixture
def component(world, configure, monkeypatch):
    """Makes the model one that may sleep; asking it would wake it, and fails the test."""

    def put(sagemaker):
        configure(site, COMPONENT_NAME="rubric-dev")
        awake = Runtime(error=AssertionError("the model was asked"))
        monkeypatch.setattr(model_check, "make_client", lambda: awake)
        monkeypatch.setattr(model_check, "make_describing_client", lambda: sagemaker)
        return sagemaker

    return put


@pytest.mark.parametrize("copies", [0, 2])
def test_deep_health_does_not_wake_a_model_that_sleeps(world, component, load_event, context, copies):
    sagemaker = component(SageMaker(copies=copies))
    for _ in range(2):
        fits("Health", json.loads(call(deep(load_event), context)["body"]))
    assert sagemaker.asked == ["rubric-dev"]


@pytest.mark.parametrize(("status", "answers"), [("Updating", 200), ("Failed", 503), ("Creating", 503), (None, 503)])
def test_deep_health_of_a_component_is_whether_it_is_in_service(world, component, load_event, context, status, answers):
    component(SageMaker(status=status))
    response = call(deep(load_event), context, answers)
    if answers == 503:
        assert response["headers"]["retry-after"] == "5"
        assert json.loads(response["body"])["type"].endswith(":model-unavailable")


def test_a_model_that_recovers_is_seen_within_seconds(logger):
    now = [0.0]
    failing = Runtime(error=ConnectTimeoutError(endpoint_url="http://e"))
    check = model_check.ModelCheck(failing, endpoint="rubric-dev", logger=logger, now=lambda: now[0])
    assert not check.is_well()
    failing._error, failing._document = None, {"predictions": [{}]}
    assert not check.is_well()
    now[0] = 5.0
    assert check.is_well()


def test_deep_is_true_or_false(world, load_event, context):
    assert "`deep` is a string; it must be true or false" in call(deep(load_event, "1"), context, 422)["body"]


def test_the_contract_s_page(world, load_event, context):
    for route, kind in (("/docs", "text/html"), ("/docs.js", "text/javascript"), ("/docs.css", "text/css")):
        event = load_event("default")
        event["rawPath"] = route
        response = call(event, context)
        assert response["headers"]["content-type"].startswith(kind)
        assert "default-src 'none'" in response["headers"]["content-security-policy"]


def test_the_contract_s_page_loads_nothing_from_elsewhere():
    for name in ("docs.html", "docs.js", "docs.css"):
        assert "//" not in re.sub(r"^\s*//.*$", "", pages.text(name), flags=re.MULTILINE)
    assert "style=" not in pages.text("docs.html") and "innerHTML" not in pages.text("docs.js")


def test_a_wrong_method_on_a_path_with_a_parameter(world, load_event, context):
    event = load_event("default")
    event["rawPath"] = "/v1/requests/some-id"
    event["requestContext"]["http"]["method"] = "DELETE"
    assert call(event, context, 405)["headers"]["allow"] == "GET"
    event["rawPath"] = "/v1/requests/"
    call(event, context, 404)
