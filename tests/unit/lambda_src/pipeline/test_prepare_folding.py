"""What prepare_training gives a job that folds the ledger."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import boto3
import pytest

from contracts.datasets import fold, ledger, manifest
from lambda_src.common import dynamodb as items
from lambda_src.pipeline.prepare_training import events, logic
from lambda_src.pipeline.prepare_training import handler as prepare
from lambda_src.pipeline.prepare_training.dal import DatasetUnavailable
from tests.tables import make_ledger

AT = "2026-11-20T10:00:00.000Z"
EVENT: dict[str, Any] = {
    "execution_name": "run-1",
    "start_time": "2026-11-20T21:35:01.123Z",
    "input": {"fold_ledger": True, "decision": "d1"},
}
ROWS = b"row_id,text\n" + b"".join(f"{ledger.row_of(text)},{text}\n".encode() for text in ("one", "two"))


class World:
    def __init__(self) -> None:
        self.s3, self.dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        for bucket in ("datasets", "assets"):
            self.s3.create_bucket(Bucket=bucket)
        self.s3.put_object(Bucket="assets", Key="0a1b2c.csv", Body=b"text,label\na,b\n")
        make_ledger(self.dynamodb, "ledger")
        secret = boto3.client("secretsmanager").create_secret(Name="erasure", SecretString="key")
        self.secret = secret["ARN"]

    def label(self, text: str, *, at: str = AT, **changed: Any) -> dict[str, Any]:
        """A label in the ledger, as the job must get it."""
        given: Any = {"source": "example", "key_id": "k", "trusted": True, "label": "Health", "keep_days": 9_999}
        given |= {"at": at, "same": (text, at), "text": text, "request_id": "not for the job", **changed}
        event = ledger.label_event(ledger.row_of(text), **given)
        self.put(event)
        kept = ("row_id", "event_id", "kind", "source", "key_id", "time", "label", "trusted", "text")
        return {name: event[name] for name in kept}  # type: ignore[literal-required]

    def put(self, event: Any) -> None:
        self.dynamodb.put_item(TableName="ledger", Item=items.item(event))

    def erase(self, text: str) -> None:
        self.put(ledger.tombstone(ledger.keyed_hash(ledger.row_of(text), key=b"key"), time=AT))

    def version(self, name: str = "v3", **changed: Any) -> None:
        sha256 = hashlib.sha256(ROWS).hexdigest()
        document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
        document |= {"layout": 1, "version": name, "file": {"key": manifest.file_key(sha256), "sha256": sha256}}
        document |= {"events": 0, "until": "", "labels_sha256": "", **changed}
        self.s3.put_object(Bucket="datasets", Key=manifest.key_of(name), Body=manifest.to_json(document))
        self.s3.put_object(Bucket="datasets", Key=manifest.file_key(sha256), Body=ROWS)

    def files(self, answer: dict[str, Any]) -> tuple[Any, list[Any]]:
        """The request and the events in the channel, which has nothing else."""
        channels = {
            one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in answer["input_data_config"]
        }
        prefix = channels[fold.CHANNEL].removeprefix("s3://datasets/")
        found = self.s3.list_objects_v2(Bucket="datasets", Prefix=prefix)["Contents"]
        assert [one["Key"] for one in found] == [f"{prefix}events.jsonl", f"{prefix}request.json"]
        told, asked = (self.s3.get_object(Bucket="datasets", Key=one["Key"])["Body"].read() for one in found)
        assert hashlib.sha256(asked).hexdigest() == answer["hyperparameters"]["fold_sha256"]
        request = fold.read(asked)
        assert request["events_sha256"] == hashlib.sha256(told).hexdigest()
        return request, [json.loads(line) for line in told.splitlines()]


@pytest.fixture
def world(account, configure):
    made = World()
    variables = {
        **{"PROJECT": "rubric", "ENVIRONMENT": "dev", "DATASET_SOURCE": "file", "DATASET_ASSET_BUCKET": "assets"},
        **{"DATASET_ASSET_KEY": "0a1b2c.csv", "DATASET_FILE_NAME": "news.csv", "DATASET_BUCKET": "datasets"},
        **{"ARTIFACT_BUCKET": "artifacts", "APPROVED_MODEL_PARAMETER": "/rubric/dev/approved-model"},
        **{"HYPERPARAMETERS": '{"epochs": "3", "text_column": "said"}', "LABELS_URI": "s3://assets/labels.json"},
        **{"LEDGER_TABLE": "ledger", "ERASURE_KEY_ARN": made.secret, "UNTRUSTED_SHARE": "0.1"},
    }
    configure(prepare, **variables)
    return made


def test_the_first_version_is_made_of_the_environments_dataset(world, context):
    told = world.label("A cure for hiccups")
    answer = prepare.handler(EVENT, context)
    request, found = world.files(answer)
    assert answer["dataset_uri"] == "s3://datasets/datasets/0a1b2c/news.csv"
    assert answer["fold"] == {"version": "v1", "parent": None, "created": "2026-11-20T21:35:01Z"}
    assert found == [told]
    assert request == {
        **answer["fold"], "layout": 1, "parent_sha256": "", "events_sha256": request["events_sha256"],
        "gone": [], "erased": 0, "key_share": 0.1,
    }  # fmt: skip
    # The environment's columns and labels are those of the dataset that is folded.
    assert answer["hyperparameters"]["text_column"] == "said"
    assert answer["hyperparameters"]["dataset_version"] == "v1"
    assert "manifest_sha256" not in answer["hyperparameters"]
    assert [one["ChannelName"] for one in answer["input_data_config"]] == ["dataset", "labels", "fold"]


def test_the_next_version_is_made_of_the_newest(world, context):
    for name in ("v9", "v10", "v10.2"):
        world.version(name)
    world.label("A cure for hiccups")
    answer = prepare.handler(EVENT, context)
    request, _ = world.files(answer)
    assert (request["version"], request["parent"]) == ("v11", "v10.2")
    assert request["parent_sha256"] == hashlib.sha256(ROWS).hexdigest()
    assert answer["dataset_uri"] == f"s3://datasets/{manifest.file_key(request['parent_sha256'])}"


def test_the_job_gets_neither_what_expired_nor_what_was_erased_nor_the_key(world, context):
    world.version()
    world.label("expired", keep_days=-1, at=time.strftime("%Y-%m-%dT00:00:00.000Z"))
    kept = [world.label("stays"), world.label("stays", at="2026-11-21T10:00:00.000Z")]
    for text in ("erased", "one", "never seen"):
        world.erase(text)
    for minute in range(3):
        world.label("erased", at=f"2026-11-20T10:0{minute}:00.000Z")
    answer = prepare.handler(EVENT, context)
    request, found = world.files(answer)
    assert sorted(found, key=lambda each: each["time"]) == kept
    # "one" is a row of the version before, which the job has anyway.
    assert (request["gone"], request["erased"]) == ([ledger.row_of("one")], 1)
    assert "key" not in json.dumps(answer["hyperparameters"]) and ledger.row_of("erased") not in json.dumps(request)


def test_without_a_version_erased_texts_could_come_back_from_the_dataset(world, context):
    world.label("stays")
    world.erase("erased")
    with pytest.raises(DatasetUnavailable, match="with `rubric data freeze`, which leaves them out"):
        prepare.handler(EVENT, context)


def test_the_key_is_read_only_if_something_was_erased(world, context, monkeypatch):
    monkeypatch.setattr(events.erased_rows, "read_key", lambda secret: pytest.fail("was read"))
    world.version()
    world.label("stays")
    assert prepare.handler(EVENT, context)["fold"]["version"] == "v4"


def test_nothing_new_is_said_before_any_job(world, context):
    told = world.label("known")
    world.version(events=1, until=told["time"])
    answer = prepare.handler(EVENT, context)
    assert list(answer) == ["nothing_new"]
    assert answer["nothing_new"].startswith("Nothing new to train on: no label has come in since v3; `rubric train")
    listed = world.s3.list_objects_v2(Bucket="datasets", Prefix=fold.FOLDS)
    assert "Contents" not in listed


@pytest.mark.parametrize("changed", [{"events": 2}, {"until": ""}, {"labels_sha256": "ab"}])
def test_a_version_that_differs_in_anything_is_folded_again(world, context, changed):
    told = world.label("known")
    world.version(**{"events": 1, "until": told["time"], **changed})
    assert prepare.handler(EVENT, context)["fold"]["version"] == "v4"


def test_a_preparation_that_is_repeated_does_not_mix_its_files_with_those_of_the_first(world, context):
    world.label("one label")
    first = prepare.handler(EVENT, context)
    assert prepare.handler(EVENT, context) == first
    world.label("another")
    second = prepare.handler(EVENT, context)
    assert second["job_name"] == first["job_name"]
    assert [len(world.files(each)[1]) for each in (first, second)] == [1, 2]


@pytest.mark.parametrize(
    ("given", "part"),
    [({"fold_ledger": "yes"}, "must be true or false"), ({"fold_ledger": True, "dataset_uri": "s3://a/b"}, "leave")],
)
def test_an_input_that_cannot_be_meant_is_refused(world, context, given, part):
    with pytest.raises(logic.InputRefused, match=part):
        prepare.handler({**EVENT, "input": given}, context)


def test_a_ledger_that_is_too_large_is_refused_in_a_sentence(world, context, monkeypatch):
    monkeypatch.setattr(events, "MOST_EVENTS", 1)
    world.version()
    for text in ("a", "b"):
        world.label(text)
    with pytest.raises(events.TooManyEvents, match=r"more than 1 events, too many .* `rubric data freeze` makes"):
        prepare.handler(EVENT, context)
