"""The function's stores on DynamoDB and S3 themselves, and its calls of SageMaker."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts.ab_tests import live, record
from lambda_src.ab_test.answers import Answers
from lambda_src.ab_test.errors import OvertakenError
from lambda_src.ab_test.log import Log
from lambda_src.ab_test.registry import Artifacts, Package, Registry, ServingModel
from lambda_src.ab_test.store import Store
from lambda_src.ab_test.transform import Jobs
from lambda_src.common import dynamodb
from lambda_src.common.times import written
from tests.unit.lambda_src.ab_test.environment import NEW, OLD, arn, uri
from tests.unit.lambda_src.labelling.world import VARIABLES, answer, make_world


@pytest.fixture
def world(account, configure, logger):
    return make_world(configure, logger)


@pytest.fixture
def log(world, logger):
    return Log(world.dynamodb, table=VARIABLES["REQUEST_LOG_TABLE"], shards=2, logger=logger)


@pytest.fixture
def store(account):
    boto3.client("s3").create_bucket(Bucket="artifacts")
    return Store(boto3.client("s3"), bucket="artifacts")


def ask(world, count, *, ago=0):
    for number in range(count):
        since = timedelta(minutes=ago, seconds=10 * (count - number))
        world.asked(f"r{ago}-{number:03}", ("One", answer("Health")), ("Two", answer("Science")), ago=since)


def test_the_newest_texts_come_first_whole_and_from_several_days(world, log):
    ask(world, 3)
    ask(world, 2, ago=26 * 60)
    now = written(datetime.now(UTC))
    found = list(log.newest(until=now, days=30))
    assert [item["request_id"] for item in found[::2]] == ["r0-002", "r0-001", "r0-000", "r1560-001", "r1560-000"]
    assert {item["text"] for item in found} == {"One", "Two"} and all(item["model_version"] for item in found)


def test_what_came_after_a_place_comes_in_the_order_of_time(world, log):
    ask(world, 130)
    now = written(datetime.now(UTC))
    day = written(datetime.now(UTC) - timedelta(days=1))
    found = list(log.after(day, until=now))
    assert len(found) == 260 and [item["place"] for item in found] == sorted(item["place"] for item in found)
    assert [item["place"] for item in log.after(found[99]["place"], until=now)] == [i["place"] for i in found[100:]]
    assert list(log.after(found[-1]["place"], until=now)) == []
    assert len(list(log.after(day, until=found[100]["place"]))) == 101


def test_texts_by_their_keys_with_what_was_given(world, log):
    ask(world, 1)
    assert set(log.items([("r0-000", 0), ("r0-000", 1), ("gone", 0)])) == {("r0-000", 0), ("r0-000", 1)}


def test_the_item_that_splits_the_traffic(world, log):
    item = {
        **{"request_id": live.ITEM_ID, "position": 0, "test_id": "t", "share": 0.1, "unit": "text", "endpoint": "e"},
        **{"version": NEW, "salt": "t", "ends_at": 9_999_999_999, "expires_at": 9_999_999_999},
    }
    log.split(item)
    assert dynamodb.plain(world.item(live.ITEM_ID)) == item
    log.unite()
    log.unite()
    assert "Item" not in world.dynamodb.get_item(
        TableName="requests", Key=dynamodb.item({"request_id": live.ITEM_ID, "position": 0})
    )


def test_the_record_is_created_once_and_replaced_by_its_etag(store):
    assert (store.current().record, store.current().etag) == (None, None)
    first = store.save({"test_id": "a"}, etag=None)
    with pytest.raises(OvertakenError):
        store.save({"test_id": "b"}, etag=None)
    second = store.save({"test_id": "c"}, etag=first)
    with pytest.raises(OvertakenError):
        store.save({"test_id": "d"}, etag=first)
    assert (store.current().record, store.current().etag) == ({"test_id": "c"}, second)


def test_records_of_tests_that_have_ended(store):
    for test_id in ("20261101", "20261103", "20261102"):
        store.archive({"test_id": test_id})
    store.write(f"{record.seen('20261104')}1.json", b"{}")
    assert store.tests(most=2) == ["20261103", "20261102"]
    assert store.archived("20261101") == {"test_id": "20261101"} and store.archived("x") is None
    assert store.delete_below(record.seen("20261104")) == 1 and store.delete_below("nothing/") == 0


@pytest.mark.parametrize("body", [None, b"no json", b"[]", b'{"labels": 3}'])
def test_an_evaluation_without_labels(store, body):
    if body is not None:
        store.write(f"models/{NEW}/evaluation.json", body)
    assert store.labels(NEW) is None
    store.write(f"models/{OLD}/evaluation.json", b'{"labels": ["a", "b"]}')
    assert store.labels(OLD) == ["a", "b"]


class SageMaker:
    """Packages, an endpoint and transform jobs."""

    def __init__(self):
        self.jobs = {}
        self.endpoint = "InService"

    def list_model_packages(self, *, ModelPackageGroupName, SortBy, SortOrder, MaxResults, NextToken=""):
        assert (ModelPackageGroupName, SortBy, SortOrder) == ("rubric-dev", "CreationTime", "Descending")
        pages = {"": ([arn(NEW)], {"NextToken": "2"}), "2": ([arn(OLD)], {})}
        arns, more = pages[NextToken]
        return {"ModelPackageSummaryList": [{"ModelPackageArn": each} for each in arns], **more}

    def describe_model_package(self, *, ModelPackageName):
        if ModelPackageName not in (arn(NEW), arn(OLD)):
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "does not exist"}}, "x")
        version = NEW if ModelPackageName == arn(NEW) else OLD
        return {
            "ModelPackageArn": ModelPackageName,
            "ModelPackageVersion": int(version[-1]),
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": uri(version)}]},
            "CustomerMetadataProperties": {"artifact_sha256": "a" * 64},
        }

    def describe_endpoint(self, *, EndpointName):
        if not self.endpoint:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "Could not find"}}, "x")
        return {"EndpointConfigName": "c", "EndpointStatus": self.endpoint}

    def describe_endpoint_config(self, *, EndpointConfigName):
        return {"ProductionVariants": [{"ModelName": "m"}]}

    def describe_model(self, *, ModelName):
        return {"PrimaryContainer": {"ModelDataUrl": uri(OLD)}}

    def create_transform_job(self, *, TransformJobName, **request):
        if TransformJobName in self.jobs:
            raise ClientError({"Error": {"Code": "ResourceInUse", "Message": "exists"}}, "CreateTransformJob")
        self.jobs[TransformJobName] = {**request, "TransformJobStatus": "InProgress"}

    def describe_transform_job(self, *, TransformJobName):
        if TransformJobName not in self.jobs:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "Could not find"}}, "x")
        return self.jobs[TransformJobName]

    def stop_transform_job(self, *, TransformJobName):
        if self.describe_transform_job(TransformJobName=TransformJobName)["TransformJobStatus"] != "InProgress":
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "it has ended"}}, "x")
        self.jobs[TransformJobName]["TransformJobStatus"] = "Stopping"


def test_packages_are_found_by_version_number_or_arn_and_each_page_is_read():
    registry = Registry(SageMaker(), group="rubric-dev")
    for version in (OLD, "1", arn(OLD)):
        assert getattr(registry.find(version), "arn", None) == arn(OLD)
    assert registry.package(arn("rubric-dev-9")) is None
    assert registry.find("x") is None and getattr(registry.find(NEW), "digest", None) == "a" * 64


def test_what_serves_and_what_is_to_serve(account):
    ssm, sagemaker = boto3.client("ssm"), SageMaker()
    model = ServingModel(ssm, sagemaker, parameter="/approved", endpoint="rubric-dev")
    assert (model.approved(), model.now().served) == ("", uri(OLD))
    ssm.put_parameter(Name="/approved", Value=uri(NEW), Type="String")
    sagemaker.endpoint = "Updating"
    assert model.now().changing and model.now().is_still(uri("rubric-dev-0"))
    sagemaker.endpoint = "InService"
    now = model.now()
    assert now.is_still(uri(OLD)) and now.is_still(uri(NEW)) and not now.is_still(uri("rubric-dev-0"))
    sagemaker.endpoint = ""
    assert model.now().served == ""


def test_an_artifact_is_the_registered_one(account):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="artifacts")
    of = {"arn": arn(NEW), "number": "2", "version": NEW, "artifact_uri": uri(NEW), "approval": "Approved"}
    package = Package(**of, digest="a" * 64)
    assert Artifacts(s3).fault(package) == f"{uri(NEW)} does not exist"
    s3.put_object(Bucket="artifacts", Key=uri(NEW).removeprefix("s3://artifacts/"), Body=b"")
    assert Artifacts(s3).fault(package) == f"{uri(NEW)} is not what was registered"
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Artifacts(s3).fault(Package(**of, digest=nothing)) == Artifacts(s3).fault(Package(**of, digest="")) == ""


def test_a_transform_job_is_started_once_with_the_keys_that_encrypt():
    sagemaker = SageMaker()
    jobs = Jobs(sagemaker, instance_type="ml.c7i.xlarge", key_arn="k", volume_key_arn="v")
    assert jobs.describe("j") is None
    for source in ("s3://b/1", "s3://b/2"):
        jobs.start("j", model="m", source=source, output="s3://b/out")
    job = jobs.describe("j")
    assert job is not None and (job.source, job.output, job.running) == ("s3://b/1", "s3://b/out", True)
    assert sagemaker.jobs["j"]["TransformOutput"]["KmsKeyId"] == "k"
    assert sagemaker.jobs["j"]["TransformResources"]["VolumeKmsKeyId"] == "v"
    for _ in range(2):
        jobs.stop("j")
    stopping = jobs.describe("j")
    assert stopping is not None and stopping.status == "Stopping" and stopping.running
    jobs.stop("x")


def test_a_request_that_sagemaker_refuses_is_not_a_job():
    sagemaker = mock.Mock()
    refused = ClientError({"Error": {"Code": "ValidationException", "Message": "no such model"}}, "x")
    sagemaker.create_transform_job.side_effect = sagemaker.describe_transform_job.side_effect = refused
    with pytest.raises(ClientError, match="no such model"):
        Jobs(sagemaker, instance_type="ml.c7i.xlarge", key_arn="", volume_key_arn="").start(
            "j", model="m", source="s3://b/1", output="s3://b/out"
        )


def endpoint(bodies):
    def invoke_endpoint(*, EndpointName, Body, ContentType, Accept):
        texts = json.loads(Body)["inputs"]
        bodies.append(texts)
        return {"Body": io.BytesIO(json.dumps({"predictions": [{"predicted_label": t[:1]} for t in texts]}).encode())}

    return SimpleNamespace(invoke_endpoint=invoke_endpoint)


def test_the_answers_of_an_endpoint_in_the_order_of_the_texts():
    bodies: list[list[str]] = []
    texts = [f"{letter} text" for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert Answers(endpoint(bodies)).labels("e", texts) == list("abcdefghijklmnopqrstuvwxyz")
    assert [len(each) for each in bodies] == [16, 10]
    assert Answers(endpoint([])).labels("e", []) == []


@pytest.mark.parametrize("body", [b"no", b"[]", b'{"predictions": []}', b'{"predictions": [{}]}'])
def test_an_answer_that_cannot_be_read(body):
    runtime = SimpleNamespace(invoke_endpoint=lambda **_: {"Body": io.BytesIO(body)})
    with pytest.raises(ValueError):
        Answers(runtime).labels("e", ["a"])
