"""The HTTP API: who may call what, how much, and what is logged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.stacks.conftest import Synthesise, Synthesised

CONTRACT = Path(__file__).resolve().parents[2] / "contracts" / "openapi.yaml"


def test_the_versioned_routes_need_a_key_and_the_others_do_not(each: Synthesised) -> None:
    routes = {
        route["Properties"]["RouteKey"]: route["Properties"].get("AuthorizationType", "NONE")
        for route in each.resources("api", "AWS::ApiGatewayV2::Route").values()
    }
    assert routes == {
        "POST /v1/classify": "CUSTOM",
        "POST /v1/feedback": "CUSTOM",
        "POST /v1/examples": "CUSTOM",
        "GET /v1/requests": "CUSTOM",
        "GET /v1/requests/{id}": "CUSTOM",
        "GET /v1/stats": "CUSTOM",
        "GET /v1/model": "CUSTOM",
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


def test_what_could_not_be_logged_waits_encrypted_for_two_weeks(each: Synthesised) -> None:
    queues = each.resources("api", "AWS::SQS::Queue").values()
    assert len(queues) == 2
    for queue in queues:
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
        own, others = "KmsMasterKeyId" in queue["Properties"], queue["Properties"].get("SqsManagedSseEnabled", False)
        assert (own, others) == ((True, False) if each.stacks.data.key_arn else (False, True))
    policies = each.resources("api", "AWS::SQS::QueuePolicy").values()
    assert len(policies) == 2
    for policy in policies:
        [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_what_waits_comes_back_to_the_table(each: Synthesised) -> None:
    [queue_name] = [name for name in each.resources("api", "AWS::SQS::Queue") if name.startswith("LogDeadLetters")]
    [parked] = set(each.resources("api", "AWS::SQS::Queue")) - {queue_name}
    queue = each.resources("api", "AWS::SQS::Queue")[queue_name]["Properties"]
    [mapping] = each.resources("api", "AWS::Lambda::EventSourceMapping").values()
    properties = mapping["Properties"]
    assert properties["EventSourceArn"] == {"Fn::GetAtt": [queue_name, "Arn"]}
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["ScalingConfig"] == {"MaximumConcurrency": 2}
    function = each.resources("api", "AWS::Lambda::Function")[properties["FunctionName"]["Ref"]]["Properties"]
    assert function["Handler"] == "lambda_src.redrive.handler.handler"
    # Longer than the function may run, or a message comes again while it is being written.
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    # What was tried for 16 hours is kept elsewhere: from the source of a redrive policy AWS itself can move it back.
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [parked, "Arn"]},
        "maxReceiveCount": 1000,
    }
    assert function["Environment"]["Variables"]["PARKED_URL"] == {"Ref": parked}
    policies = [name for name in mapping["DependsOn"] if "Policy" in name]
    assert policies, "Lambda checks the permission when the mapping is made"


def test_the_functions_are_told_what_they_need(dev: Synthesised) -> None:
    told = {
        name.split("Function")[0]: set(function["Properties"]["Environment"]["Variables"])
        for name, function in dev.resources("api", "AWS::Lambda::Function").items()
    }
    common = {"ENVIRONMENT", "LOG_LEVEL", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    assert told == {
        "Classify": common
        | {"ENDPOINT_NAME", "REQUEST_LOG_TABLE", "LOG_DLQ_URL", "REQUEST_LOG_DAYS", "REQUEST_LOG_TEXT"}
        | {"REQUEST_LOG_SHARDS", "ANSWERS_TABLE", "ANSWER_CACHE_SECONDS"},
        "Records": common | {"REQUEST_LOG_TABLE", "REQUEST_LOG_DAYS", "REQUEST_LOG_SHARDS", "CURSOR_SECRET"},
        "CursorKeyRotation": common,
        "Examples": common | {"EXAMPLES_TABLE", "EXAMPLE_DAYS", "ERASED_TABLE", "ANSWERS_TABLE"},
        "Site": common | {"APPROVED_MODEL_PARAMETER", "ARTIFACT_BUCKET", "ENDPOINT_NAME", "API_AUTH", "JWT_ISSUER"},
        "Authorizer": common
        | {"API_KEYS_TABLE", "KEY_CACHE_SECONDS", "USAGE_TABLE", "DEFAULT_RATE", "DEFAULT_BURST"}
        | {"APPROVED_MODEL_PARAMETER"},
        "Redrive": common | {"PARKED_URL", "REQUEST_LOG_TABLE", "ERASED_TABLE"},
    }


def default_limits(environment: Synthesised) -> tuple[str, str]:
    found = environment.resources("api", "AWS::Lambda::Function")
    [function] = [f for n, f in found.items() if n.startswith("Authorizer")]
    told = function["Properties"]["Environment"]["Variables"]
    return told["DEFAULT_RATE"], told["DEFAULT_BURST"]


def test_a_key_s_default_limits_are_its_share(prod: Synthesised, synthesise: Synthesise) -> None:
    assert default_limits(prod) == ("6", "12")
    assert default_limits(synthesise("dev", change="api: {key_rate: 4}")) == ("4", "8")
    much = synthesise("dev", change="api: {throttle_rate: 2000, throttle_burst: 4000, concurrency: 100000}")
    assert default_limits(much) == ("500", "1000")  # more than an item can count is never a default


@pytest.mark.parametrize("seconds", [13, 14, 29])
def test_no_answer_takes_longer_than_the_settings_permit(synthesise: Synthesise, seconds: int) -> None:
    change = f"api: {{answer_seconds: {seconds}}}\nclassifier: {{endpoint_seconds: 1}}"
    environment = synthesise("prod", change=change)
    functions = environment.resources("api", "AWS::Lambda::Function")
    # The classify function by its alias.
    kinds = ("AWS::ApiGatewayV2::Integration", "AWS::Lambda::Alias")
    answering = json.dumps([environment.resources("api", kind) for kind in kinds])
    answers = {name: functions[name]["Properties"]["Timeout"] for name in functions if f'"{name}"' in answering}
    assert len(answers) == 4 and max(answers.values()) == seconds, answers
    [checks] = [f["Properties"]["Timeout"] for name, f in functions.items() if name.startswith("Authorizer")]
    assert checks + seconds == environment.stacks.api.settings.api.longest_request_seconds


def test_what_is_kept_of_texts_is_a_setting(synthesise: Synthesise, dev: Synthesised) -> None:
    for environment, kept in (
        (dev, "store"),
        (synthesise("dev", change="data: {request_log_text: drop}\nserving: {data_capture_percent: 0}"), "drop"),
    ):
        functions = environment.resources("api", "AWS::Lambda::Function").items()
        [classify] = [function for name, function in functions if name.startswith("Classify")]
        assert classify["Properties"]["Environment"]["Variables"]["REQUEST_LOG_TEXT"] == kept


TOKENS = "api: {auth: jwt, jwt: {issuer: https://issuer.example, audience: [client]}}"


@pytest.mark.parametrize(("change", "guard"), [("api: {auth: iam}", "AWS_IAM"), (TOKENS, "JWT")])
def test_other_authentication_guards_the_same_routes(synthesise: Synthesise, change: str, guard: str) -> None:
    environment = synthesise("dev", change=change)
    for route in environment.resources("api", "AWS::ApiGatewayV2::Route").values():
        properties = route["Properties"]
        wanted = guard if " /v1/" in properties["RouteKey"] else "NONE"
        assert properties.get("AuthorizationType", "NONE") == wanted, properties["RouteKey"]
    functions = environment.resources("api", "AWS::Lambda::Function")
    # It stays, so that its name stays exported, but can do nothing and is called by nobody.
    [idle] = [name for name in functions if name.startswith("Authorizer")]
    assert "API_KEYS_TABLE" not in functions[idle]["Properties"]["Environment"]["Variables"]
    [policy] = [name for name in environment.resources("api", "AWS::IAM::Policy") if name.startswith("Authorizer")]
    statements = environment.resources("api")[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == [["logs:CreateLogStream", "logs:PutLogEvents"]]
    assert idle not in json.dumps(environment.resources("api", "AWS::Lambda::Permission"))
    told = [f["Properties"]["Environment"]["Variables"] for n, f in functions.items() if n.startswith("Site")]
    assert told[0]["API_AUTH"] == ("iam" if guard == "AWS_IAM" else "jwt")
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


def test_the_key_of_cursors_is_made_up_by_aws_and_rotated(each: Synthesised) -> None:
    [(name, secret)] = each.resources("api", "AWS::SecretsManager::Secret").items()
    assert secret["DeletionPolicy"] == "Delete"
    assert set(secret["Properties"]) - {"KmsKeyId", "Tags"} == {"Description", "GenerateSecretString"}
    assert secret["Properties"]["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}
    [schedule] = each.resources("api", "AWS::SecretsManager::RotationSchedule").values()
    assert schedule["Properties"]["SecretId"] == {"Ref": name}
    assert schedule["Properties"]["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert schedule["Properties"]["RotateImmediatelyOnUpdate"] is False
    function = schedule["Properties"]["RotationLambdaARN"]
    [permission] = [
        (place, found["Properties"])
        for place, found in each.resources("api", "AWS::Lambda::Permission").items()
        if found["Properties"]["Principal"] == "secretsmanager.amazonaws.com"
    ]
    assert permission[1] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": function,
        "Principal": "secretsmanager.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"} if each.stacks.api.settings.account is None else "000000000000",
        "SourceArn": {"Ref": name},
    }
    policies = [place for place in schedule["DependsOn"] if place in each.resources("api", "AWS::IAM::Policy")]
    assert permission[0] in schedule["DependsOn"] and len(policies) == 1


def test_only_the_records_and_their_rotation_touch_the_key_of_cursors(each: Synthesised) -> None:
    touched = {
        role["Ref"].split("Role")[0]: {action.split(":")[1] for action in statement["Action"]}
        if isinstance(statement["Action"], list)
        else {statement["Action"].split(":")[1]}
        for policy in each.resources("api", "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "secretsmanager:" in str(statement["Action"])
        for role in policy["Properties"]["Roles"]
    }
    rotating = {"DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
    assert touched == {"Records": {"GetSecretValue"}, "CursorKeyRotation": rotating}
