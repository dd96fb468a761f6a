"""Tests classifier.backend and classifier.fallback: the stacks, and the function's permissions and variables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed

NOVA = "amazon.nova-micro-v1:0"
ALONE = f"classifier: {{backend: bedrock, bedrock: {{model_id: '{NOVA}', labels: [Business, Crème]}}}}"
FALLBACK = f"classifier: {{fallback: bedrock, bedrock: {{model_id: '{NOVA}'}}}}"
PROFILE = (
    f"classifier: {{fallback: bedrock, bedrock: {{model_id: '{NOVA}', inference_profile: 'us.{NOVA}', "
    "region: us-west-2, timeout_seconds: 5, max_concurrency: 3}}"
)


@pytest.fixture(scope="module")
def alone(synthesise: Synthesise) -> Synthesised:
    return synthesise("dev", change=ALONE)


@pytest.fixture(scope="module")
def fallback(synthesise: Synthesise) -> Synthesised:
    return synthesise("dev", change=FALLBACK)


def variables_of(synthesised: Synthesised, name: str) -> dict[str, Any]:
    [function] = [f for n, f in synthesised.resources("api", "AWS::Lambda::Function").items() if n.startswith(name)]
    return dict(function["Properties"]["Environment"]["Variables"])


def allowed(synthesised: Synthesised) -> list[dict[str, Any]]:
    """The statements of the classify function's role."""
    [policy] = [p for n, p in synthesised.resources("api", "AWS::IAM::Policy").items() if n.startswith("Classify")]
    return list(policy["Properties"]["PolicyDocument"]["Statement"])


def actions(synthesised: Synthesised) -> set[str]:
    return {action for statement in allowed(synthesised) for action in listed(statement["Action"])}


def on_bedrock(synthesised: Synthesised) -> list[dict[str, Any]]:
    return [s for s in allowed(synthesised) if any(a.startswith("bedrock:") for a in listed(s["Action"]))]


def test_with_bedrock_alone_nothing_of_sagemaker_is_deployed(alone: Synthesised) -> None:
    assert [stack.stack_name.split("-")[-1] for stack in alone.all] == ["Data", "Api", "Monitoring"]
    assert [r["Type"] for r in alone.everything().values() if "SageMaker" in r["Type"]] == []
    assert "sagemaker" not in json.dumps(alone.template("api").to_json()).lower()
    namespaces = {
        a["Properties"].get("Namespace") for a in alone.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    }
    assert not [name for name in namespaces if "SageMaker" in name or "sagemaker" in name or name == "AWS/States"]


def test_with_bedrock_alone_the_functions_are_told_the_model_and_its_labels(alone: Synthesised) -> None:
    common = {"BACKEND": "bedrock", "BEDROCK_MODEL_ID": NOVA, "BEDROCK_LABELS": '["Business", "Crème"]'}
    own = {"BEDROCK_REGION": "us-east-1", "BEDROCK_SECONDS": "8", "BEDROCK_CONCURRENCY": "8"}
    assert common.items() <= variables_of(alone, "Site").items()
    assert {**common, **own}.items() <= variables_of(alone, "Classify").items()
    assert {"ENDPOINT_NAME", "APPROVED_MODEL_PARAMETER", "FALLBACK"}.isdisjoint(variables_of(alone, "Classify"))


def test_with_bedrock_alone_that_model_is_all_the_function_may_ask(alone: Synthesised) -> None:
    [statement] = on_bedrock(alone)
    assert statement["Action"] == "bedrock:InvokeModel"
    assert statement["Resource"] == f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"
    assert {a.split(":")[0] for a in actions(alone)} == {"bedrock", "dynamodb", "logs", "sqs"}


def test_a_fallback_asks_the_endpoint_first_and_knows_the_models_labels(fallback: Synthesised) -> None:
    variables = variables_of(fallback, "Classify")
    assert (variables["FALLBACK"], variables["ENDPOINT_NAME"]) == ("bedrock", "rubric-dev")
    assert (variables["ENDPOINT_SECONDS"], variables["BEDROCK_SECONDS"]) == ("6", "8")
    assert variables["APPROVED_MODEL_PARAMETER"] == "/rubric/dev/approved-model"
    assert "BACKEND" not in variables and "BEDROCK_LABELS" not in variables
    needed = {"sagemaker:InvokeEndpoint", "bedrock:InvokeModel", "ssm:GetParameter", "s3:GetObject"}
    assert needed <= actions(fallback)
    assert "FALLBACK" not in variables_of(fallback, "Site")


def test_an_answer_of_the_fallback_is_an_alarm(fallback: Synthesised, dev: Synthesised) -> None:
    def watched(synthesised: Synthesised) -> list[str]:
        alarms = synthesised.resources("monitoring", "AWS::CloudWatch::Alarm").values()
        return [a["Properties"].get("MetricName") for a in alarms if a["Properties"].get("Namespace") == "Rubric"]

    assert "FallbackAnswers" in watched(fallback)
    assert "FallbackAnswers" not in watched(dev)


def test_a_model_behind_an_inference_profile_is_asked_through_it_alone(synthesise: Synthesise) -> None:
    synthesised = synthesise("dev", change=PROFILE)
    profile, model = on_bedrock(synthesised)
    arn = f":bedrock:us-west-2:{{account}}:inference-profile/us.{NOVA}"
    written = json.dumps(profile["Resource"]).replace('", {"Ref": "AWS::AccountId"}, "', "{account}")
    assert arn in written and "*" not in written
    assert f":bedrock:*::foundation-model/{NOVA}" in json.dumps(model["Resource"])
    assert model["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": profile["Resource"]}}
    variables = variables_of(synthesised, "Classify")
    assert (variables["BEDROCK_MODEL_ID"], variables["BEDROCK_REGION"]) == (f"us.{NOVA}", "us-west-2")
    assert (variables["BEDROCK_SECONDS"], variables["BEDROCK_CONCURRENCY"]) == ("5", "3")


def test_who_does_not_ask_for_bedrock_has_nothing_of_it(each: Synthesised) -> None:
    assert "bedrock" not in json.dumps(each.template("api").to_json()).lower()


def test_the_classifier_runs_from_a_snapshot_of_a_published_version(each: Synthesised) -> None:
    [function] = [f for n, f in each.resources("api", "AWS::Lambda::Function").items() if n.startswith("Classify")]
    assert function["Properties"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    [(alias, resource)] = each.resources("api", "AWS::Lambda::Alias").items()
    [version] = each.resources("api", "AWS::Lambda::Version")
    assert resource["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    integrations = each.resources("api", "AWS::ApiGatewayV2::Integration").values()
    assert [i for i in integrations if i["Properties"]["IntegrationUri"] == {"Ref": alias}]


def test_without_snapshots_there_is_no_version_to_pay_for(synthesise: Synthesise) -> None:
    environment = synthesise("dev", change="api: {snap_start: false}")
    assert environment.resources("api", "AWS::Lambda::Alias") == {}
    assert environment.resources("api", "AWS::Lambda::Version") == {}


def test_what_is_kept_of_texts_is_a_setting(synthesise: Synthesise, dev: Synthesised) -> None:
    for environment, kept in (
        (dev, "store"),
        (synthesise("dev", change="data: {request_log_text: drop}\nserving: {data_capture_percent: 0}"), "drop"),
    ):
        functions = environment.resources("api", "AWS::Lambda::Function").items()
        [classify] = [function for name, function in functions if name.startswith("Classify")]
        assert classify["Properties"]["Environment"]["Variables"]["REQUEST_LOG_TEXT"] == kept


def test_the_classifier_may_only_ask_and_log(dev: Synthesised) -> None:
    [(name, policy)] = [(n, p) for n, p in dev.resources("api", "AWS::IAM::Policy").items() if n.startswith("Classify")]
    actions = {a for s in policy["Properties"]["PolicyDocument"]["Statement"] for a in listed(s["Action"])}
    assert actions == {
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",  # of its own item only (below)
        "dynamodb:PutItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sagemaker:InvokeEndpoint",
        "sqs:SendMessage",
    }, name


def test_it_asks_the_challenger_and_reads_its_own_item_only_where_tests_can_run(synthesise: Synthesise) -> None:
    [dev, off] = [synthesise("dev"), synthesise("dev", change="ab_tests: {enabled: false}")]
    name = "rubric-dev-challenger"
    assert variables_of(dev, "Classify")["CHALLENGER_ENDPOINT_NAME"] == name
    [read] = [s for s in allowed(dev) if "dynamodb:GetItem" in listed(s["Action"])]
    assert read["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["#ab"]}}
    asked = [json.dumps(s["Resource"]) for s in allowed(dev) if "sagemaker:InvokeEndpoint" in listed(s["Action"])]
    assert sum(f"endpoint/{name}" in resource for resource in asked) == 1
    assert name not in json.dumps([variables_of(off, "Classify"), allowed(off)])
    assert "dynamodb:GetItem" not in actions(off)
