"""Tests the API's functions: variables, permissions and timeouts."""

from __future__ import annotations

import json

import pytest

from stacks.shared.permissions import flat
from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed


def test_the_functions_are_told_what_they_need(dev: Synthesised) -> None:
    names = {
        name.split("Function")[0]: set(function["Properties"]["Environment"]["Variables"])
        for name, function in dev.resources("api", "AWS::Lambda::Function").items()
    }
    common = {"ENVIRONMENT", "LOG_LEVEL", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    assert names == {
        "Classify": common
        | {"ENDPOINT_NAME", "REQUEST_LOG_TABLE", "LOG_DLQ_URL", "REQUEST_LOG_DAYS", "REQUEST_LOG_TEXT"}
        | {"REQUEST_LOG_SHARDS", "ANSWERS_TABLE", "ANSWER_CACHE_SECONDS", "AUDIT_SHARE"}
        | {"CHALLENGER_ENDPOINT_NAME"},
        "Records": common
        | {"REQUEST_LOG_TABLE", "REQUEST_LOG_DAYS", "REQUEST_LOG_SHARDS", "CURSOR_SECRET"}
        | {"LEDGER_TABLE", "EXAMPLE_DAYS", "ERASED_TABLE"},
        "CursorKeyRotation": common,
        "Examples": common | {"EXAMPLES_TABLE", "LEDGER_TABLE", "EXAMPLE_DAYS", "ERASED_TABLE", "ANSWERS_TABLE"},
        "Labelling": common
        | {"REQUEST_LOG_TABLE", "REQUEST_LOG_DAYS", "REQUEST_LOG_SHARDS", "REQUEST_LOG_TEXT", "LABELLING_DAYS"}
        | {"SHARED_SHARE", "LEDGER_TABLE", "EXAMPLE_DAYS", "ERASED_TABLE", "ARTIFACT_BUCKET"},
        "Site": common | {"APPROVED_MODEL_PARAMETER", "ARTIFACT_BUCKET", "ENDPOINT_NAME", "API_AUTH", "JWT_ISSUER"},
        "Authorizer": common
        | {"API_KEYS_TABLE", "KEY_CACHE_SECONDS", "USAGE_TABLE", "DEFAULT_RATE", "DEFAULT_BURST"}
        | {"APPROVED_MODEL_PARAMETER"},
        "Redrive": common | {"PARKED_URL", "REQUEST_LOG_TABLE", "ERASED_TABLE"},
    }


def test_what_answers_list_is_told_only_if_it_is_set(synthesise: Synthesise) -> None:
    functions = synthesise("dev", change="api: {top_k: 5, threshold: 0.6}").resources("api", "AWS::Lambda::Function")
    [classify] = [one for name, one in functions.items() if name.startswith("Classify")]
    variables = classify["Properties"]["Environment"]["Variables"]
    assert (variables["TOP_K"], variables["THRESHOLD"]) == ("5", "0.6")


def test_those_that_take_labels_are_told_whose_are_trusted(synthesise: Synthesise) -> None:
    change = "api: {auth: iam, trusted_callers: ['arn:aws:iam::123456789012:role/desk']}"
    functions = synthesise("dev", change=change).resources("api", "AWS::Lambda::Function")
    told = {
        name.split("Function")[0]: function["Properties"]["Environment"]["Variables"].get("TRUSTED_CALLERS")
        for name, function in functions.items()
    }
    found = {name: json.loads(value) for name, value in told.items() if value}
    assert found == {name: ["arn:aws:iam::123456789012:role/desk"] for name in ("Records", "Examples", "Labelling")}


@pytest.mark.parametrize("seconds", [13, 14, 29])
def test_no_answer_takes_longer_than_the_settings_permit(synthesise: Synthesise, seconds: int) -> None:
    change = f"api: {{answer_seconds: {seconds}}}\nclassifier: {{endpoint_seconds: 1}}"
    environment = synthesise("prod", change=change)
    functions = environment.resources("api", "AWS::Lambda::Function")
    # The classify function by its alias.
    kinds = ("AWS::ApiGatewayV2::Integration", "AWS::Lambda::Alias")
    answering = json.dumps([environment.resources("api", kind) for kind in kinds])
    answers = {name: functions[name]["Properties"]["Timeout"] for name in functions if f'"{name}"' in answering}
    assert len(answers) == 5 and max(answers.values()) == seconds, answers
    [checks] = [f["Properties"]["Timeout"] for name, f in functions.items() if name.startswith("Authorizer")]
    assert checks + seconds == environment.stacks.api.settings.api.longest_request_seconds


def test_the_log_is_read_by_a_function_that_can_neither_write_nor_remove_a_request(dev: Synthesised) -> None:
    policies = dev.resources("api", "AWS::IAM::Policy").items()
    found = {n.split("Role")[0]: p for n, p in policies if n.startswith(("Records", "Examples"))}
    actions = {
        name: {a for s in policy["Properties"]["PolicyDocument"]["Statement"] for a in listed(s["Action"])}
        for name, policy in found.items()
    }
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert actions == {
        "Records": logs
        | {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"}
        | {"dynamodb:PutItem", "secretsmanager:GetSecretValue"},
        "Examples": logs | {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
    }


def readable_in_s3(synthesised: Synthesised) -> dict[str, list[str]]:
    """The S3 permissions of the API's functions, to read objects or learn that one is missing: ARNs by function."""
    found: dict[str, list[str]] = {}
    for name, policy in synthesised.resources("api", "AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if any(action.startswith("s3:") for action in listed(statement["Action"])):
                assert statement["Action"] in ("s3:GetObject", "s3:ListBucket")
                if statement["Action"] == "s3:GetObject":
                    found.setdefault(name.split("Role")[0], []).extend(map(flat, listed(statement["Resource"])))
    return found


def test_the_api_reads_evaluations_and_no_model(each: Synthesised) -> None:
    found = {name: [arn.partition("/")[2] for arn in arns] for name, arns in readable_in_s3(each).items()}
    assert found == {
        "Site": ["drift/*/report.json", "models/*/evaluation.json"],
        "Labelling": ["ab/current.json"],  # for which texts an A/B test asks
    }


def test_so_does_a_classifier_that_falls_back(synthesise: Synthesise) -> None:
    """It needs the approved model's labels."""
    change = "classifier: {fallback: bedrock, bedrock: {model_id: 'amazon.nova-micro-v1:0'}}"
    found = readable_in_s3(synthesise("dev", change=change))
    assert set(found) == {"Site", "Labelling", "Classify"}
    assert [arn.partition("/")[2] for arn in found["Classify"]] == ["models/*/evaluation.json"]
