"""The target of a load test: the HTTP API with a key, or the SageMaker endpoint with a signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from contracts.deployment import stack_outputs
from ops.api import client, keys
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.load.plan import Signature
from ops.terminal import screen

SAMPLE = "Shares rally as the central bank holds rates"
KEY_NAME = "rubric load"
COMPONENT = "x-amzn-sagemaker-inference-component"  # "InvokeEndpoint" in SageMaker's API reference
JSON = {"content-type": "application/json", "accept": "application/json"}


@dataclass(frozen=True, kw_only=True)
class LoadTarget:
    """Where requests go. about: sentences for the user: who sends the requests, and what limits them.

    instances: how many serve; None if that is not known or not meaningful.
    """

    host: str
    path: str
    headers: dict[str, str]
    signature: Signature | None = None
    about: list[str] = field(default_factory=list)
    instances: int | None = None


@contextmanager
def the_api(cloud: Cloud, *, key: str) -> Iterator[LoadTarget]:
    """The HTTP API, after it has answered one request. Without a key, creates one and revokes it at the end."""
    url = cloud.stacks.need(stack_outputs.API_URL).rstrip("/")
    parts = urlsplit(url)
    limits = cloud.settings.api
    throttle = (
        f"The API takes {limits.throttle_rate} requests a second from all callers together and {limits.throttle_burst} "
        "at once above that (api.throttle_rate, api.throttle_burst); more are answered with 429, other callers' too."
    )
    with _key(cloud, key=key) as (text, who):
        client.classify(url, key=text, texts=[SAMPLE])
        yield LoadTarget(
            host=f"{parts.scheme}://{parts.netloc}",
            path=f"{parts.path}/v1/classify",
            headers={**JSON, "x-api-key": text},
            about=[who, throttle],
        )


@contextmanager
def _key(cloud: Cloud, *, key: str) -> Iterator[tuple[str, str]]:
    if key:
        yield key, f"API key {keys.id_of(key)}, from --key."
        return
    dynamodb, table = cloud.client("dynamodb"), cloud.stacks.need(stack_outputs.API_KEYS_TABLE_NAME)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    text, info = keys.create(dynamodb, table=table, name=KEY_NAME, expires_at=tomorrow)
    try:
        yield text, f"API key {info.key_id}, created for this run and revoked at its end."
    finally:
        keys.revoke(dynamodb, table=table, key_id=info.key_id)
        screen.say(f"API key {info.key_id} is revoked.")


@contextmanager
def the_endpoint(cloud: Cloud) -> Iterator[LoadTarget]:
    """The SageMaker endpoint, after it has answered one request."""
    name = cloud.stacks.need(stack_outputs.ENDPOINT_NAME)
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=name)
    if described["EndpointStatus"] not in ("InService", "Updating", "SystemUpdating"):
        raise OpsError(f"Endpoint {name} is {described['EndpointStatus']}: see `rubric status`")
    runtime = cloud.client("sagemaker-runtime")
    # An inference component has its endpoint's name, and is asked by it.
    sleeps = cloud.settings.component_name is not None
    body = json.dumps({"inputs": SAMPLE}).encode()
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=name,
            ContentType=JSON["content-type"],
            Body=body,
            **({"InferenceComponentName": name} if sleeps else {}),
        )
    except ClientError as error:
        if sleeps and "no capacity" in str(error):
            raise OpsError(f"The model {name} is asleep: wake it with `rubric wake`, then start the load") from error
        raise
    if "predicted_label" not in json.loads(answer["Body"].read()):
        raise OpsError(f"Endpoint {name} returned no prediction: is it Rubric's?")
    instances = instances_of(described)
    yield LoadTarget(
        host=runtime.meta.endpoint_url.rstrip("/"),
        path=f"/endpoints/{name}/invocations",
        headers={**JSON, COMPONENT: name} if sleeps else JSON,
        signature=Signature(service=runtime.meta.service_model.signing_name, region=runtime.meta.region_name),
        about=[
            "Requests are signed with your AWS credentials, without an API key, limited only by the account's quota.",
            _serves(cloud, instances),
        ],
        instances=instances,
    )


def instances_now(cloud: Cloud) -> int | None:
    """How many instances serve now; None if the endpoint is serverless."""
    name = cloud.stacks.need(stack_outputs.ENDPOINT_NAME)
    return instances_of(cloud.client("sagemaker").describe_endpoint(EndpointName=name))


def instances_of(described: dict[str, object]) -> int | None:
    """How many instances serve an endpoint, from DescribeEndpoint's answer; None if it is serverless."""
    variants = described.get("ProductionVariants") or []
    assert isinstance(variants, list)
    counts = [variant.get("CurrentInstanceCount") for variant in variants if "CurrentServerlessConfig" not in variant]
    return sum(counts) if counts and all(counts) else None


def _serves(cloud: Cloud, instances: int | None) -> str:
    serving = cloud.settings.serving
    if instances is None:
        return f"It is serverless, at most {serving.serverless_max_concurrency} requests at a time."
    text = f"The endpoint has {instances} × {serving.instance_type}"
    if serving.target_invocations_per_instance:
        text += f", at most {serving.most_instances} once each takes {serving.target_invocations_per_instance} a minute"
    return text + "."
