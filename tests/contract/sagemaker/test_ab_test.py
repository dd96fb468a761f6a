"""A/B tests on the local AWS, with the real steps: the stack, a transform job, endpoints, and S3's conditions."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.ab_tests import live, record
from contracts.ab_tests.live import CHALLENGER, CHAMPION
from contracts.logs import request_log
from lambda_src.ab_test import handler, promotion, starting, step
from lambda_src.ab_test.answers import Answers
from lambda_src.ab_test.challenger import Challenger
from lambda_src.ab_test.learnt import Learnt
from lambda_src.ab_test.log import Log
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.registry import Artifacts, Registry, ServingModel
from lambda_src.ab_test.store import Store
from lambda_src.ab_test.transform import Jobs
from lambda_src.common import aws, dynamodb
from lambda_src.common.times import written
from local_aws_testing.cloud import BUCKET, LABEL, MACHINE_ROLE, ROLE, SERVE, Cloud, tar
from local_aws_testing.fake_label_server import LABELS
from tests.contract.sagemaker.test_challenger import ENDPOINT, STACK, left, template
from tests.unit.lambda_src.ab_test.environment import settings

__all__ = ["template"]  # a fixture

OLD, NEW = "rubric-local-20261101", "rubric-local-20261102"
EVERY = {OLD: 4, NEW: 40}  # which texts a model gets wrong
GROUP, PARAMETER, CHAMPIONS, TABLE = "ab-test", "/ab-test/approved", "ab-test-champion", "ab-test-log"


class Deployed:
    """Two registered models, of which one serves, a log, and the Challenger stack."""

    def __init__(self, cloud: Cloud, types: list[str]) -> None:
        self.cloud, self.later = cloud, timedelta(0)
        self.dynamodb = cloud.server.client("dynamodb")
        self.challenger = Challenger(
            cloud.cloudformation, cloud.sagemaker, stack_name=STACK, resource_types=types, endpoint_name=ENDPOINT
        )
        self.machine = cloud.server.client("stepfunctions").create_state_machine(
            name="ab-test-promotion",
            roleArn=MACHINE_ROLE,
            definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}),
        )["stateMachineArn"]

    def make(self) -> None:
        sagemaker = self.cloud.sagemaker
        sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        for version in (OLD, NEW):
            archive = tar({"name.txt": str(EVERY[version]).encode()})
            self.cloud.s3.put_object(Bucket=BUCKET, Key=f"models/{version}/output/model.tar.gz", Body=archive)
            evaluation = json.dumps({"labels": list(LABELS)}).encode()
            self.cloud.s3.put_object(Bucket=BUCKET, Key=f"models/{version}/evaluation.json", Body=evaluation)
            sagemaker.create_model_package(
                ModelPackageGroupName=GROUP,
                ModelApprovalStatus="Approved",
                InferenceSpecification={
                    "Containers": [{"Image": LABEL, "ModelDataUrl": uri(version)}],
                    "SupportedContentTypes": ["application/json"],
                    "SupportedResponseMIMETypes": ["application/json"],
                },
                CustomerMetadataProperties={"artifact_sha256": hashlib.sha256(archive).hexdigest()},
            )
        self.cloud.server.client("ssm").put_parameter(Name=PARAMETER, Value=uri(OLD), Type="String")
        container = {"Image": LABEL, "ModelDataUrl": uri(OLD)}
        sagemaker.create_model(ModelName=CHAMPIONS, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        variant = {"VariantName": CHAMPION, "ModelName": CHAMPIONS, "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(
            EndpointConfigName=CHAMPIONS, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
        sagemaker.create_endpoint(EndpointName=CHAMPIONS, EndpointConfigName=CHAMPIONS)
        self._make_log()
        assert self.cloud.settled(CHAMPIONS)["EndpointStatus"] == "InService"

    def _make_log(self) -> None:
        def keys(first: str, second: str) -> list[dict[str, str]]:
            return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

        types = {"request_id": "S", "position": "N", "day_shard": "S", "place": "S"}
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(request_log.INCLUDED)}
        index = {"IndexName": request_log.BY_DAY, "KeySchema": keys("day_shard", "place"), "Projection": projection}
        self.dynamodb.create_table(
            TableName=TABLE,
            KeySchema=keys("request_id", "position"),
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
            GlobalSecondaryIndexes=[index],
            BillingMode="PAY_PER_REQUEST",
        )

    def logs(self, count: int, *, prefix: str) -> None:
        """Classified texts as the classify function logs them, divided if a live test says so."""
        found = self.dynamodb.get_item(
            TableName=TABLE, Key=dynamodb.item({"request_id": live.ITEM_ID, "position": live.POSITION})
        )
        test = dynamodb.plain(found["Item"]) if "Item" in found else None
        for number in range(count):
            text = f"text {prefix} {number}"
            variant, own = CHAMPION, {}
            if test is not None:
                unit = live.unit_of(text, "key", unit=test["unit"])
                variant = live.variant_of(unit, salt=test["salt"], share=test["share"])
                own = {"ab_test": test["test_id"], "assigned": variant, "unit": unit[:16]}
            time_, request_id = written(self.now()), f"{prefix}-{number:04}"
            version = NEW if variant == CHALLENGER else OLD
            index = request_log.index_attributes(request_id=request_id, position=0, time=time_, key_id="key", shards=2)
            item = {"request_id": request_id, "position": 0, "time": time_, "status": 200, "latency_ms": 9.0}
            item |= {"day_shard": index["day_shard"], "place": index["place"], "text": text, "variant": variant, **own}
            item |= {"label": label(number, EVERY[version]), "model_version": version}
            self.dynamodb.put_item(TableName=TABLE, Item=dynamodb.item(item))

    def labels(self) -> None:
        """A person labels what is asked for."""
        test = json.loads(self.cloud.s3.get_object(Bucket=BUCKET, Key=record.CURRENT)["Body"].read())
        for each in record.asked_for(test) if test["phase"] == record.RUNNING else []:
            right = LABELS[int(each["request_id"].rsplit("-", 1)[-1]) % 3]
            said = {"first": right, "label": right, "times": 1, "time": written(self.now()), "trusted": True}
            given = {"ann": said}
            self.dynamodb.update_item(
                TableName=TABLE,
                Key=dynamodb.item({"request_id": each["request_id"], "position": each["position"]}),
                UpdateExpression="SET given = :given",
                ExpressionAttributeValues=dynamodb.item({":given": given}),
            )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def parts(self) -> Parts:
        cloud = self.cloud
        return Parts(
            settings=settings(share=0.3, job_prefix="ab-test-", endpoint_name=CHAMPIONS, promotion_arn=self.machine),
            store=Store(cloud.s3, bucket=BUCKET),
            registry=Registry(cloud.sagemaker, group=GROUP),
            serving=ServingModel(cloud.server.client("ssm"), cloud.sagemaker, parameter=PARAMETER, endpoint=CHAMPIONS),
            log=Log(self.dynamodb, table=TABLE, shards=2, logger=None),
            challenger=self.challenger,
            jobs=Jobs(cloud.sagemaker, instance_type="ml.m5.large", key_arn="", volume_key_arn=""),
            answers=Answers(cloud.runtime),
            learnt=Learnt(cloud.s3, artifacts=BUCKET, datasets=BUCKET).rows,
            promote=handler._promote,
            fault=Artifacts(cloud.s3).fault,
            now=self.now,
            has_time=lambda: True,
            new_id=lambda: f"{time.monotonic_ns():x}",
        )

    def until(self, *phases: str) -> Any:
        """Steps until the test is in one of these phases; the test."""
        for _ in range(240):
            test = step.step(self.parts())
            assert test is not None
            if test["phase"] in phases:
                return test
            time.sleep(0.25)
        raise AssertionError(test)


def uri(version: str) -> str:
    return f"s3://{BUCKET}/models/{version}/output/model.tar.gz"


def label(number: int, every: int) -> str:
    return LABELS[(number + (number % every == 0)) % 3]


@pytest.fixture(scope="module")
def deployed(cloud: Cloud, template: dict[str, Any]) -> Iterator[Deployed]:
    types = sorted({resource["Type"] for resource in template["Resources"].values()})
    made = Deployed(cloud, types)
    made.make()
    body = json.dumps(template).replace(SERVE, LABEL)
    cloud.cloudformation.create_stack(StackName=STACK, TemplateBody=body)
    assert cloud.stack_settled(STACK)["StackStatus"] == "CREATE_COMPLETE"
    yield made
    cloud.cloudformation.delete_stack(StackName=STACK)
    cloud.delete_endpoint(CHAMPIONS)


@pytest.fixture(autouse=True)
def own_settings(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    states = deployed.cloud.server.client("stepfunctions")
    monkeypatch.setattr(handler, "_settings", lambda: deployed.parts().settings)
    monkeypatch.setattr(aws, "client", {"stepfunctions": states}.__getitem__)


def nothing_is_left(deployed: Deployed, test_id: str) -> None:
    assert left(deployed.cloud) == [f"/aws/sagemaker/Endpoints/{ENDPOINT}"]
    for prefix in (record.texts(test_id), record.seen(test_id)):
        assert "Contents" not in deployed.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    key = dynamodb.item({"request_id": live.ITEM_ID, "position": live.POSITION})
    assert "Item" not in deployed.dynamodb.get_item(TableName=TABLE, Key=key)
    archived = deployed.cloud.s3.get_object(Bucket=BUCKET, Key=record.archived(test_id))["Body"].read()
    assert json.loads(archived)["phase"] == record.ENDED


def test_a_replay_is_won_and_promoted(deployed: Deployed) -> None:
    deployed.logs(120, prefix="r")
    test = starting.start({"version": NEW, "mode": "replay", "by": "ann"}, deployed.parts())
    running = deployed.until(record.RUNNING)
    assert (running["compared"], len(running["disagreements"])) == (120, 27)
    assert deployed.cloud.sagemaker.list_endpoints(NameContains="challenger")["Endpoints"] == []
    deployed.labels()
    ended = deployed.until(record.ENDED)
    assert ended["verdict"] == record.BETTER
    nothing_is_left(deployed, test["test_id"])
    for _ in range(2):
        arn = promotion.promote("", deployed.parts())["promoted"]
    assert arn == f"{deployed.machine.replace(':stateMachine:', ':execution:')}:ab-{test['test_id']}"
    sent = deployed.cloud.server.client("stepfunctions").describe_execution(executionArn=arn)["input"]
    assert json.loads(sent)["artifact_uri"] == uri(NEW) and json.loads(sent)["champion"] == uri(OLD)
    assert handler._promote(f"ab-{test['test_id']}", json.loads(sent)) == arn


def test_a_live_test_divides_texts_and_compares_both_answers(deployed: Deployed) -> None:
    test = starting.start({"version": NEW, "mode": "live", "by": "ann"}, deployed.parts())
    deployed.until(record.RUNNING)
    step.step(deployed.parts())  # writes the split
    deployed.logs(100, prefix="l")
    deployed.later += timedelta(minutes=3)
    running = step.step(deployed.parts())
    assert running is not None and (running["compared"], len(running["disagreements"])) == (100, 22)
    assert {name: running["behaviour"][name]["texts"] > 0 for name in (CHAMPION, CHALLENGER)} == {
        CHAMPION: True,
        CHALLENGER: True,
    }
    deployed.labels()
    assert deployed.until(record.ENDED)["verdict"] == record.BETTER
    nothing_is_left(deployed, test["test_id"])
