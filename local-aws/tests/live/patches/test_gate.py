"""Tests the gate of the local AWS with plain requests. All are harmless; it must refuse most of them."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws_testing.server import Server, http, log_lines, make_function, make_role, wait_for

ADVICE = 'run eval "$(python -m local_aws env)"'
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "apigatewayv2": ("get_apis", {}),
    "application-autoscaling": ("describe_scalable_targets", {"ServiceNamespace": "sagemaker"}),
    "cloudformation": ("describe_stacks", {}),
    "cloudwatch": ("list_metrics", {}),
    "codebuild": ("list_projects", {}),
    "dynamodb": ("list_tables", {}),
    "ecr": ("describe_repositories", {}),
    "events": ("list_rules", {}),
    "iam": ("list_roles", {}),
    "kms": ("list_keys", {}),
    "lambda": ("list_functions", {}),
    "logs": ("describe_log_groups", {}),
    "s3": ("list_buckets", {}),
    "sagemaker": ("list_endpoints", {}),
    "sagemaker-runtime": ("invoke_endpoint", {"EndpointName": "none", "Body": b"x"}),
    "service-quotas": ("list_services", {}),
    "sns": ("list_topics", {}),
    "sqs": ("list_queues", {}),
    "ssm": ("describe_parameters", {}),
    "stepfunctions": ("list_state_machines", {}),
    "sts": ("get_caller_identity", {}),
}


def client(server: Server, service: str, key: str, *, token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="x",
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}),
    )


def refused(call: Any, **arguments: Any) -> str:
    """The message with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return str(error.value)


@pytest.mark.parametrize("service", CALLS)
def test_another_key_is_told_what_to_do_by_every_service(server: Server, service: str) -> None:
    operation, arguments = CALLS[service]
    message = refused(getattr(client(server, service, "test"), operation), **arguments)
    assert ADVICE in message
    assert any(
        code in message for code in ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId")
    )


def test_no_service_answers_without_the_key(server: Server) -> None:
    _, _, body = http("GET", f"{server.url}/_ministack/health")
    services = sorted(json.loads(body)["services"])
    assert len(services) > 80
    answered = []
    for service in services:
        for key in ("test", "000000000000", "ASIAABCDEFGHIJKLMNOP"):
            scope = f"Credential={key}/20260101/us-east-1/{service}/aws4_request"
            signed = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
            if http("POST", f"{server.url}/", body=b"{}", headers=signed)[0] != 403:
                answered.append((service, key))
    assert answered == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", f"/_ministack/{name}") for name in ("reset", "config", "health")),
        *(("GET", f"/_ministack/{name}") for name in ("ready", "sqs/messages", "ses/messages", "lambda-code/x")),
        *(
            ("GET", path)
            for path in ("/health", "/_localstack/health", "/latest/meta-data/", "/v2/", "/iceberg/v1/config")
        ),
        *(("PUT", f"/_ministack/{name}/x") for name in ("cfn-response", "cfn-signal")),
        ("PUT", f"/_ministack/cfn-response/x?Signature={'0' * 64}"),
        *(("OPTIONS", path) for path in ("/", "/bucket/key", "/2015-03-31/functions")),
        ("POST", "/oauth2/token"),
        ("PUT", "/from-nobody"),
    ],
)
def test_paths_of_the_server_itself_need_the_key(server: Server, method: str, path: str) -> None:
    server.client("s3").create_bucket(Bucket="stays")
    status, _, output = http(method, server.url + path, body=b"{}" if method in ("POST", "PUT") else None)
    assert (status, ADVICE in json.loads(output)["message"]) == (403, True)
    names = [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]]
    assert ("stays" in names, "from-nobody" in names) == (True, False)


def test_a_page_is_refused_even_with_the_key(server: Server) -> None:
    for page in ({"Origin": "https://evil.example"}, {"Origin": server.url}, {"Sec-Fetch-Site": "cross-site"}):
        status, headers, message = http("GET", f"{server.url}/", headers={**server.signed, **page})
        assert (status, b"does not answer web pages" in message) == (403, True)
        assert not [name for name in headers if name.startswith("access-control-")]


def test_no_answer_outside_the_api_lets_a_page_read_it(server: Server) -> None:
    server.client("s3").create_bucket(Bucket="read")
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    server.client("s3").put_bucket_cors(Bucket="read", CORSConfiguration={"CORSRules": [rule]})
    for method, path in (
        ("GET", "/read"),
        ("OPTIONS", "/read/key"),
        ("GET", "/read/none"),
        ("GET", "/_ministack/ready"),
    ):
        _, headers, _ = http(method, server.url + path, headers=server.signed)
        assert not [name for name in headers if name.startswith("access-control-")]
        assert headers["content-security-policy"] == "sandbox; frame-ancestors 'none'"


def test_a_presigned_url_is_good_without_headers(server: Server) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="page.html", Body=b"<h1>hello", ContentType="text/html")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "page.html"})
    status, headers, body = http("GET", url)
    assert (status, body, headers["content-type"]) == (200, b"<h1>hello", "text/html")
    assert headers["content-security-policy"].startswith("sandbox")
    assert http("GET", url, headers={"Origin": "https://evil.example"})[0] == 403
    assert http("GET", url.replace(server.access_key, "AKIAIOSFODNN7EXAMPLE"))[0] == 403
    assert http("GET", url.partition("?")[0])[0] == 403


def test_a_roles_session_is_taken_until_it_ends(server: Server) -> None:
    role = make_role(server, "gate", "lambda.amazonaws.com")
    sts = server.client("sts")
    made = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    assert len(made["AccessKeyId"]) == 36
    caller = client(server, "sts", made["AccessKeyId"], token=made["SessionToken"]).get_caller_identity()
    assert caller["Arn"].endswith("assumed-role/gate/session")
    changed = made["AccessKeyId"][:-1] + ("A" if made["AccessKeyId"][-1] != "A" else "B")
    assert ADVICE in refused(client(server, "sts", changed).get_caller_identity)
    # A second is less than AWS allows, and than an SDK sends.
    query = f"Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=short&DurationSeconds=1"
    signed = {name: value.replace("/s3/", "/sts/") for name, value in server.signed.items()}
    _, _, body = http("GET", f"{server.url}/?{query}", headers=signed)
    key = body.decode().partition("<AccessKeyId>")[2].partition("<")[0]
    assert client(server, "iam", key).list_roles()["Roles"]
    time.sleep(1.1)
    assert ADVICE in refused(client(server, "iam", key).list_roles)


def test_a_users_key_is_taken_while_it_is_active(server: Server) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]["AccessKeyId"]
    assert len(key) == 36
    as_user = client(server, "sts", key)
    assert as_user.get_caller_identity()["Arn"].endswith("user/reader")
    iam.update_access_key(UserName="reader", AccessKeyId=key, Status="Inactive")
    assert ADVICE in refused(as_user.get_caller_identity)
    iam.update_access_key(UserName="reader", AccessKeyId=key, Status="Active")
    assert as_user.get_caller_identity()["Account"] == "000000000000"
    iam.delete_access_key(UserName="reader", AccessKeyId=key)
    assert ADVICE in refused(as_user.get_caller_identity)


KEEPS = """
import hashlib, json, os
def handler(event, context):
    key = hashlib.sha256(os.environ["AWS_ACCESS_KEY_ID"].encode()).hexdigest()
    print(json.dumps({"url": event["ResponseURL"], "key": key}))
"""


def test_a_custom_resource_answers_to_its_own_signed_url_alone(server: Server) -> None:
    provider = make_function(server, "keeps", KEEPS)
    body = json.dumps({"Resources": {"X": {"Type": "Custom::Keeps", "Properties": {"ServiceToken": provider}}}})
    stacks = server.client("cloudformation")
    stacks.create_stack(StackName="keeps", TemplateBody=body)
    shown = wait_for(lambda: _told(server), what="the custom resource's invocation")
    assert shown["key"] == hashlib.sha256(server.access_key.encode()).hexdigest(), "a function gets the folder's own"
    url = shown["url"]
    answer = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "made"}).encode()
    path, _, signature = url.partition("?Signature=")
    assert len(signature) == 64
    for wrong in (path, f"{path}?Signature=", f"{path}?Signature={signature[::-1]}", f"{path}0?Signature={signature}"):
        assert http("PUT", wrong, body=answer)[0] == 403
    assert http("POST", url, body=answer)[0] == 403
    assert http("PUT", url, body=answer, headers={"Origin": "https://evil.example"})[0] == 403
    assert stacks.describe_stacks(StackName="keeps")["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    assert http("PUT", url, body=answer)[0] == 200
    stacks.get_waiter("stack_create_complete").wait(StackName="keeps", WaiterConfig={"Delay": 1})


def _told(server: Server) -> dict[str, str] | None:
    groups = server.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/keeps")["logGroups"]
    lines = log_lines(server, "/aws/lambda/keeps") if groups else []
    return next((dict(json.loads(line)) for line in lines if line.startswith('{"url"')), None)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /_ministack/health HTTP/1.0"], "421"),
        (["GET /_ministack/health HTTP/1.0", "Host: {ours}"], "200"),
        (["GET /_ministack/health HTTP/1.1"], "400"),
        (["GET /_ministack/health HTTP/1.1", "Host: {ours}", "Host: evil.example"], "400"),
        (["GET /_ministack/health HTTP/1.1", "Host: evil.example:{port}"], "421"),
        (["GET http://evil.example/_ministack/health HTTP/1.1", "Host: {ours}"], "403"),
        (["GET /_aws/execute-api/x/$default HTTP/1.1", "Host: evil.example:{port}"], "421"),
        (["GET /_aws/execute-api/x/$default HTTP/1.1", "Host: {ours}", "{websocket}", "Origin: {site}"], "403"),
        (["GET /_aws/execute-api/x/$default HTTP/1.1", "Host: evil.example:{port}", "{websocket}"], "421"),
        (["GET /?Action=GetCallerIdentity HTTP/1.1", "Host: {ours}", "Sec-Fetch-Site: none"], "403"),
    ],
)
def test_requests_that_no_client_library_sends(server: Server, lines: list[str], status: str) -> None:
    fill = {"ours": f"127.0.0.1:{server.port}", "port": server.port, "site": "https://evil.example"}
    upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    websocket = f"Connection: Upgrade\r\n{upgrade}"
    connection = [] if "{websocket}" in lines else ["Connection: close"]
    text = "\r\n".join([*lines, *connection]).format(**fill, websocket=websocket)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as opened:
        opened.sendall(text.encode() + b"\r\n\r\n")
        answer = opened.recv(65536).decode()
    assert answer.split()[1] == status, answer


def test_a_refused_upload_is_answered_too(server: Server) -> None:
    """One that is sent before it is refused: with the connection closed on it, a client would see no answer."""
    status, _, output = http("PUT", f"{server.url}/b/k", body=b"0" * 8_000_000)
    assert (status, ADVICE in json.loads(output)["message"]) == (403, True)


def test_the_folder_is_private_and_the_key_in_its_own_file_alone(server: Server) -> None:
    time.sleep(0.2)  # the server may still have to log
    assert server.folder.stat().st_mode & 0o777 == 0o700
    key = server.access_key
    held = [path for path in server.folder.rglob("*") if path.is_file() and key.encode() in _bytes(path)]
    assert held == [server.folder / "access-key-id"]
    commands = [" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if "local_aws serve" in command]
    assert [command for command in commands if key in command] == []


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # a function's, which has ended
