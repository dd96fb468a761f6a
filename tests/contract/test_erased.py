"""rubric erase removes everything that the functions wrote about a text, and none of it comes back."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts.logs import request_log
from contracts.texts import text_normalization
from dataset_files.delimited import layout
from dataset_files.delimited.decoding import Decoded
from environments import kept
from lambda_src.classify.log_items import sample_items
from lambda_src.common import erased
from ops.deployment.cloud import Cloud
from ops.erase import datasets, erasure, targets, tombstones
from ops.erase.targets import Target
from tests.contract.erasing import BUCKET, HERS, OTHERS, SECRET, World, captured, client, erase, fill
from tests.unit.ops.conftest import SESSION, aws, cloud, register, sfn  # noqa: F401 (fixtures)
from tests.unit.ops.conftest import run as rubric


@pytest.fixture(autouse=True)
def few_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", client)


@pytest.fixture
def world(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    yield World(monkeypatch, cloud)


def test_a_text_is_erased_from_every_store_in_all_versions(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(world)
    file = tmp_path / "text.txt"
    file.write_text(SECRET + "\n")
    report = erase("--text", str(file), capsys=capsys)
    counts = {store["store"]: (store["found"], store["erased"]) for store in report["stores"]}
    assert counts == {
        "request log": (1, 1), "ledger": (1, 1), "dead letters": (1, 1), "kept answers": (1, 1), "examples": (1, 1),
        "data capture": (2, 2), "batch files": (2, 2), "drift reports": (1, 1), "dataset versions": (0, 0),
        "datasets": (3, 3), "evaluations": (1, 1),
    }  # fmt: skip
    assert world.read("datasets", "datasets/abc/news.csv") == "text,label\nrow 2,B\n"
    assert world.read(BUCKET, "capture/e/v/1.jsonl") == captured("kept")
    assert world.read(BUCKET, "batch/in/a.jsonl") == '{"inputs": "[erased]"}\n{"inputs": "b"}\n'
    with pytest.raises(world.s3.exceptions.NoSuchKey):
        world.read(BUCKET, "capture/e/v/2.jsonl")
    stored = world.everything()
    assert SECRET not in stored and "Mary" not in stored
    for stays in ("her second", "another text", "of others", "another example", "kept", "row 2", "other"):
        assert stays in stored, stays
    assert any("rubric-dev-1" in sentence for sentence in report["not_erased"])


def test_what_labellers_said_of_an_erased_text_goes_with_it(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for request, text in (("hers", SECRET), ("theirs", "of others")):
        items: list[Any] = [{**item, "audit": True} for item in world.items(request, text, key=HERS)]
        assert world.log().write([*items, *sample_items(items)]).failed == 0
    file = tmp_path / "text.txt"
    file.write_text(SECRET + "\n")
    report = erase("--text", str(file), capsys=capsys)
    [log] = [store for store in report["stores"] if store["store"] == "request log"]
    assert (log["found"], log["erased"]) == (1, 1)
    left = client("dynamodb").scan(TableName="requests")["Items"]
    assert [item["of_request"]["S"] for item in left if "of_request" in item] == ["theirs"]


@pytest.mark.parametrize("by", [("--key", HERS), ("--request", "hers", "--request", "waits")])
def test_what_came_with_a_key_or_a_request_is_erased_wherever_its_texts_are(
    world: World, capsys: pytest.CaptureFixture[str], by: tuple[str, ...]
) -> None:
    fill(world)
    erase(*by, capsys=capsys)
    assert world.requests() == [("#shards", 8), ("theirs", 0)]
    stored = world.everything()
    assert "her second" not in stored
    # An example is known by who sent it, and by no request.
    assert stored.count(SECRET) == (0 if "--key" in by else 1)
    assert [one["answer_id"]["S"] for one in world.dynamodb.scan(TableName="answers")["Items"]] == ["a2"]


def test_the_labels_of_the_other_texts_stay(world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.logged("hers", SECRET, key=HERS)
    world.logged("theirs", "something", key=OTHERS)
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    report = erase("--text", str(file), "--key", HERS, capsys=capsys)
    assert world.requests() == [("#shards", 8), ("theirs", 0)]
    assert world.labels() == [["A", "B"]]
    assert not any("neither a text nor a hash" in str(one) for one in report.values())


def test_a_key_s_later_texts_are_no_part_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the millisecond, which belongs to it."""
    at = datetime.now(UTC).replace(microsecond=123_000)
    monkeypatch.setattr(erasure, "now", lambda: at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    world.logged("before", "one", key=HERS, at=at)
    world.logged("after", "two", key=HERS, at=at + timedelta(milliseconds=1))
    erase("--key", HERS, capsys=capsys)
    assert [request for request, _ in world.requests() if request != "#shards"] == ["after"]


def test_nothing_of_it_comes_back(world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Items queued late are not redriven, and an example with the text is not kept, for any caller."""
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    erase("--text", str(file), "--key", HERS, "--request", "r9", capsys=capsys)
    world.queued("late", SECRET, key=OTHERS)
    world.queued("hers", "something", key=HERS)
    world.queued("r9", "something", key=OTHERS)
    world.queued("fine", "something", key=OTHERS)
    outcome = world.redrive()
    assert (outcome.failed, outcome.dropped) == ([], 3)
    assert [request for request, _ in world.requests() if request_log.is_request_id(request)] == ["fine"]
    assert world.example(f"  {SECRET.upper()}", key=OTHERS)["results"] == ["stored"]
    assert SECRET.upper() not in world.everything()


def test_tombstones_hold_no_text_and_end_after_all_that_could_bring_it_back(
    world: World,
    cloud: Cloud,  # noqa: F811
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(world)
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    erase("--text", str(file), "--key", HERS, capsys=capsys)
    items = world.dynamodb.scan(TableName="erased")["Items"]
    # The key, the text and its example, each with the dataset that held it and the model that quoted it; and what the
    # log had of the key.
    assert "Mary" not in repr(items) and len(items) == 10
    data = cloud.settings.data
    least = max(data.request_log_days, data.example_days, kept.BACKUP_DAYS, kept.QUEUE_DAYS, kept.OLD_ARTIFACT_DAYS)
    for item in items:
        assert int(item["expires_at"]["N"]) > datetime.now(UTC).timestamp() + least * 86_400


def test_killed_anywhere_it_can_be_run_again(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also after the log is deleted, which alone knew whose texts those in S3 are."""
    fill(world)

    class Killed(BaseException):
        pass

    real = erasure.Objects.run

    def killed(self: Any, *arguments: Any, **options: Any) -> Any:
        raise Killed

    monkeypatch.setattr(erasure.Objects, "run", killed)
    with pytest.raises(Killed):
        rubric("erase", "--key", HERS, "--yes")
    assert world.requests() == [("#shards", 8), ("theirs", 0)] and SECRET in world.read(BUCKET, "capture/e/v/2.jsonl")
    monkeypatch.setattr(erasure.Objects, "run", real)
    erase("--key", HERS, capsys=capsys)
    assert SECRET not in world.everything()
    assert all(store["found"] == 0 for store in erase("--key", HERS, capsys=capsys)["stores"])


def test_a_message_keeps_its_other_items_and_what_is_said_of_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.queued("hers", SECRET, key=HERS)
    world.queued("theirs", "of others \uffff", key=OTHERS)
    first, second = (
        json.loads(one["Body"])["items"]
        for _ in range(2)
        for one in world.sqs.receive_message(QueueUrl=world.queue, VisibilityTimeout=60)["Messages"]
    )
    about = {"reason": {"DataType": "String", "StringValue": "too large"}}
    world.sqs.purge_queue(QueueUrl=world.queue)
    body = json.dumps({"table": "t", "items": [*first, *second]})
    world.sqs.send_message(QueueUrl=world.queue, MessageBody=body, MessageAttributes=about)
    erase("--key", HERS, capsys=capsys)
    (message,) = world.sqs.receive_message(QueueUrl=world.queue, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["reason"]["StringValue"] == "too large"
    assert SECRET not in message["Body"] and "of others \\uffff" in message["Body"]


def test_what_is_no_item_is_named_and_keeps_nothing_else_from_being_erased(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a message, and in the table, where a person has repaired an item by hand."""
    half = {"request_id": {"S": "half"}, "text": {"S": SECRET}}  # parked: it has no position and no key
    bodies = ["[" * 100_000, json.dumps({"items": [half, "no item", {"key_id": "k"}, {"text": {"N": "1"}}]})]
    for body in bodies:
        world.sqs.send_message(QueueUrl=world.queue, MessageBody=body)
    odd = {"request_id": {"S": "odd"}, "position": {"N": "0"}, "text": {"N": "1"}}
    world.dynamodb.put_item(TableName="requests", Item=odd)
    world.logged("hers", SECRET, key=HERS)
    file = tmp_path / "text.txt"
    file.write_text(SECRET)
    capsys.readouterr()
    assert rubric("erase", "--text", str(file), "--request", "odd", "--yes") == 1
    output = capsys.readouterr().err
    assert "is not of the request log" in output and "has 3 that are not items of the request log" in output
    assert "an item of request odd cannot be read" in output
    assert rubric("erase", "--request", "odd", "--yes", "--skip", "dead letters") == 0
    assert [request for request, _ in world.requests()] == ["#shards"]
    assert SECRET not in world.everything()


def test_again_erases_what_has_come_since(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as a capture that SageMaker wrote late, or a table that was restored."""
    world.logged("hers", SECRET, key=HERS)
    erase("--key", HERS, capsys=capsys)
    world.put(BUCKET, "capture/e/v/late.jsonl", captured(SECRET))
    world.logged("hers", SECRET, key=HERS)
    erase("--again", capsys=capsys)
    assert SECRET not in world.everything()


def test_a_dry_run_counts_and_changes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    fill(world)
    before = world.dynamodb.scan(TableName="requests")["Items"]
    capsys.readouterr()
    assert rubric("erase", "--key", HERS, "--dry-run", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["erased"] is False
    assert {store["store"]: store["found"] for store in report["stores"]}["datasets"] == 3
    assert {store["erased"] for store in report["stores"]} == {0}
    assert world.dynamodb.scan(TableName="requests")["Items"] == before
    assert world.dynamodb.scan(TableName="erased")["Items"] == []
    assert rubric("erase", "--key", HERS) == 2, "nobody is there to be asked"
    assert world.dynamodb.scan(TableName="requests")["Items"] == before


def test_by_its_hash_alone_a_text_comes_back_neither_from_the_queue_nor_as_an_example(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    erase("--sha256", hashlib.sha256(SECRET.encode()).hexdigest(), capsys=capsys)
    world.queued("late", SECRET, key=OTHERS)
    assert world.redrive().dropped == 1
    assert world.example(SECRET, key=OTHERS)["results"] == ["stored"]
    assert SECRET not in world.everything()


def test_where_hashes_are_kept_they_are_matched_and_where_nothing_is_it_says_so(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.logged("hashed", SECRET, key=HERS, keep="hash")
    world.logged("dropped", SECRET, key=HERS, keep="drop")
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    report = erase("--sha256", digest.upper(), capsys=capsys)
    assert world.requests() == [("#shards", 8), ("dropped", 0)]
    (store,) = [store for store in report["stores"] if store["store"] == "request log"]
    assert "1 items have neither a text nor a hash" in store["note"]
    erase("--key", HERS, capsys=capsys)
    assert world.requests() == [("#shards", 8)]


def test_what_cannot_be_taken_apart_is_named_and_left(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.logged("hers", SECRET, key=HERS)
    world.put("datasets", "datasets/x/packed.csv", "PK\x03\x04")
    world.put("datasets", "datasets/y/good.csv", f'text,label\n"{SECRET}",A\n')
    capsys.readouterr()
    assert rubric("erase", "--key", HERS, "--yes") == 1
    assert "s3://datasets/datasets/x/packed.csv: it is not a text file" in capsys.readouterr().err
    assert world.read("datasets", "datasets/y/good.csv") == "text,label\n"
    capsys.readouterr()
    assert rubric("erase", "--key", HERS, "--yes", "--skip", "datasets") == 0


class Conditional:
    """An S3 client that keeps to If-Match when an upload is completed, which moto does not."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def complete_multipart_upload(self, **call: Any) -> Any:
        current = self._s3.head_object(Bucket=call["Bucket"], Key=call["Key"])["ETag"]
        if call["IfMatch"] != current:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": ""}}, "CompleteMultipartUpload")
        return self._s3.complete_multipart_upload(**call)


def test_a_dataset_that_is_written_meanwhile_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.logged("hers", SECRET, key=HERS)
    world.put("datasets", "datasets/abc/news.csv", f'text,label\n"{SECRET}",A\nold,B\n')
    real = erasure.Objects._write

    def overtaken(self: Any, version: Any, pieces: Any) -> None:
        world.put("datasets", "datasets/abc/news.csv", "text,label\nnew,B\n")
        self._s3 = Conditional(self._s3)
        real(self, version, pieces)

    monkeypatch.setattr(erasure.Objects, "_write", overtaken)
    capsys.readouterr()
    assert rubric("erase", "--key", HERS, "--yes") == 1
    assert "was written in the meantime" in capsys.readouterr().err
    assert world.read("datasets", "datasets/abc/news.csv") == "text,label\nnew,B\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Name what to erase"),
        (("--again", "--key", "k"), "Name what to erase"),
        (("--sha256", "abc"), "is not a SHA-256"),
        (("--key", "k" * 3000), "is not an id"),
        (("--text", "absent.txt"), "No such file"),
        (("--key", "k", "--skip", "logs"), "is not a store"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert rubric("erase", *arguments) == 2
    assert message in capsys.readouterr().err


# API operation -> IAM actions, where they are not of one name (Service Authorization Reference).
ACTIONS = {
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "s3:ListObjectVersions": {"s3:ListBucketVersions"},
    "s3:GetObject": {"s3:GetObjectVersion"},  # for a version, as HeadObject here
    "s3:HeadObject": {"s3:GetObjectVersion"},
    "s3:DeleteObject": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "s3:CreateMultipartUpload": {"s3:PutObject"},
    "s3:UploadPart": {"s3:PutObject"},
    "s3:CompleteMultipartUpload": {"s3:PutObject"},
    "sqs:ChangeMessageVisibilityBatch": {"sqs:ChangeMessageVisibility"},
}
# For failures, If-Match ("conditional-writes" in S3's guide), and the parameters of the stacks.
BESIDE = {"s3:AbortMultipartUpload", "s3:GetObject", "cloudformation:DescribeStacks", "kms:Decrypt"}
BESIDE |= {"kms:GenerateDataKey"}


def test_the_page_names_each_permission_that_it_takes(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(world)
    called: set[str] = set()
    file = tmp_path / "text.txt"
    file.write_text(SECRET)

    def note(model: Any, **_: Any) -> None:
        called.add(f"{model.service_model.service_name}:{model.name}")

    clients = [client(name) for name in ("dynamodb", "s3", "sqs", "sagemaker", "secretsmanager")]
    for one in clients:
        one.meta.events.register("before-call", note)
    erase("--text", str(file), "--key", HERS, "--request", "theirs", capsys=capsys)
    erase("--again", capsys=capsys)
    for one in clients:
        one.meta.events.unregister("before-call", note)
    needed = {action for one in called for action in ACTIONS.get(one, {one})}
    page = (Path(__file__).parents[2] / "docs/data-retention.md").read_text("utf-8")
    named = set(re.findall(r"`((?:dynamodb|s3|sqs|kms|sagemaker|secretsmanager|cloudformation):\w+)`", page))
    assert needed - named == set()
    assert named - needed == BESIDE


def test_both_sides_know_a_tombstone_by_the_same_id() -> None:
    at = "2026-11-20T09:00:00.000Z"
    assert Target("key", "k", at).erased_id == erased.of_key("k")
    assert Target("request", "r", at).erased_id == erased.of_request("r")
    exact, however = targets.of_text(SECRET, at=at)
    assert exact.erased_id == erased.of_text(hashlib.sha256(SECRET.encode()).hexdigest())
    assert however.erased_id == erased.of_example(text_normalization.text_id(text_normalization.normalised(SECRET)))
    assert targets.LONGEST_ID == erased.LONGEST_ID
    assert f"found#{erased.of_key('k')}" not in (erased.of_key("k"), erased.of_request("k"))


def test_a_millisecond_s_texts_are_all_part_of_it() -> None:
    at = "2026-11-20T09:00:00.000Z"
    assert request_log.place_of(at, "r", 0) <= f"{at}$" < request_log.place_of("2026-11-20T09:00:00.001Z", "r", 0)


@pytest.mark.parametrize("content", [
    "text,label\na,b\n", "text;label\n\"a;b\";c\n", "text\tlabel\na \"q\tb\n", "text\tlabel\n\"a\nb\"\tc\n",
    "1\tTitle\tu\tp\tb\ts\th\t1\n2\tOther\tu\tp\te\ts\th\t1\n",
])  # fmt: skip
def test_a_dataset_s_rows_are_those_that_the_training_reads(content: str) -> None:
    read = [fields for _, fields in layout.parse(Decoded.of(content), file="f").rows]
    for number, fields in enumerate(read):
        own = {one for one in fields if sum(one in others for others in read) == 1}
        pieces = list(datasets.table(lambda: io.BytesIO(content.encode()), own.__contains__))
        assert own and sum(count for _, count in pieces) == 1, number


def test_many_digests_are_remembered_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tombstones, "_A_PART", 2)
    world.logged("hers", *(f"text {number}" for number in range(5)), key=HERS)
    assert rubric("erase", "--key", HERS, "--yes") == 0
    parts = [one for one in world.dynamodb.scan(TableName="erased")["Items"] if "text_ids" in one]
    assert sorted(len(one["text_ids"]["B"]) for one in parts) == [32, 64, 64]
