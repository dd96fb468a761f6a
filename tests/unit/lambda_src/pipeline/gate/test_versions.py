"""The gate stores the dataset version that a job has made: whole, once, and never one with erased rows."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts.datasets import ledger, manifest
from lambda_src.common import dynamodb as items
from lambda_src.pipeline.gate import handler as gate
from lambda_src.pipeline.gate import versions
from lambda_src.pipeline.gate.errors import EvaluationMissing, OutputRefused, VersionRefused
from tests.tables import make_ledger
from tests.unit.lambda_src.pipeline.gate.test_handler import evaluation

MAKES: Any = {"version": "v4", "parent": "v3", "created": "2026-11-30T09:00:00Z"}
EVENT = {"job_name": "job-1", "champion_uri": "", "fold": MAKES, "training": {"dataset_uri": "s3://datasets/parent"}}
AT = "2026-11-30T09:30:00.000Z"
OUTPUT = "models/job-1/output/output.tar.gz"


def rows(*texts: str) -> bytes:
    lines = [",".join(manifest.COLUMNS), *(f"{ledger.row_of(text)},{text},A,train,,,,example,e,t" for text in texts)]
    return "".join(f"{line}\n" for line in lines).encode()


def written(content: bytes, **changed: Any) -> bytes:
    sha256 = manifest.digest(content)
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
    document |= MAKES | {"layout": 1, "reason": "freeze"}
    document["file"] = {"key": manifest.file_key(sha256), "sha256": sha256, "bytes": len(content), "rows": 2}
    document |= changed
    return manifest.to_json(document)


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class World:
    def __init__(self) -> None:
        self.s3, self.dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        for bucket in ("datasets", "artifacts"):
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_object(Bucket="artifacts", Key="training/job-1/output/model.tar.gz", Body=b"model")
        make_ledger(self.dynamodb, "ledger")
        self.secret = boto3.client("secretsmanager").create_secret(Name="erasure", SecretString="key")["ARN"]
        self.add("v3", written(rows("old"), version="v3", parent="v2"))

    def add(self, name: str, content: bytes) -> None:
        self.s3.put_object(Bucket="datasets", Key=manifest.key_of(name), Body=content)

    def made(self, content: bytes, document: bytes, **changed: Any) -> None:
        """The job's output."""
        judged = evaluation(**{"dataset_version": "v4", "manifest_sha256": manifest.digest(document), **changed})
        members = {"report.html": b"<p>", "evaluation.json": json.dumps(judged).encode()}
        body = packed({**members, "rows.csv": content, "manifest.json": document})
        self.s3.put_object(Bucket="artifacts", Key="training/job-1/output/output.tar.gz", Body=body)

    def erase(self, text: str) -> None:
        tombstone: Any = ledger.tombstone(ledger.keyed_hash(ledger.row_of(text), key=b"key"), time=AT)
        self.dynamodb.put_item(TableName="ledger", Item=items.item(tombstone))

    def read(self, key: str, bucket: str = "datasets") -> bytes:
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def names(self) -> list[str]:
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket="datasets")["Contents"]]


@pytest.fixture
def world(account, configure):
    made = World()
    limits = {"MIN_ACCURACY": "0.8", "MIN_MACRO_F1": "0.75", "MAX_REGRESSION": "0.01"}
    stores = {"DATASET_BUCKET": "datasets", "LEDGER_TABLE": "ledger", "ERASURE_KEY_ARN": made.secret}
    configure(gate, ARTIFACT_BUCKET="artifacts", MAX_POSSIBLE_REGRESSION="0.05", **limits, **stores)
    return made


CONTENT = rows("one", "two")
DOCUMENT = written(CONTENT)


@pytest.mark.parametrize("accuracy", [0.91, 0.2])
def test_the_version_is_stored_whatever_the_verdict_is(world, context, accuracy):
    world.made(CONTENT, DOCUMENT, accuracy=accuracy)
    answer = gate.handler(EVENT, context)
    assert answer["passed"] is (accuracy > 0.8)
    key = manifest.file_key(manifest.digest(CONTENT))
    assert (world.read(key), world.read(manifest.key_of("v4"))) == (CONTENT, DOCUMENT)
    assert answer["metadata"]["manifest_sha256"] == manifest.digest(DOCUMENT)
    [named] = json.loads(answer["model_card"])["training_details"]["training_job_details"]["training_datasets"]
    assert named == f"s3://datasets/{key}"


def test_the_step_can_be_repeated_and_stores_one_version(world, context):
    world.made(CONTENT, DOCUMENT)
    first = gate.handler(EVENT, context)
    before = world.s3.list_object_versions(Bucket="datasets")["Versions"]
    # Even after somebody has frozen the next one.
    world.add("v5", written(rows("five"), version="v5", parent="v4"))
    assert gate.handler(EVENT, context) == first
    after = world.s3.list_object_versions(Bucket="datasets", Prefix=manifest.FILES)["Versions"]
    assert len(after) == 1 and len(before) == 3


def test_what_is_kept_of_the_output_has_no_rows(world, context):
    world.made(CONTENT, DOCUMENT)
    gate.handler(EVENT, context)
    with tarfile.open(fileobj=io.BytesIO(world.read(OUTPUT, "artifacts"))) as kept:
        assert kept.getnames() == ["report.html", "evaluation.json"]
        page = kept.extractfile("report.html")
        assert page and page.read() == b"<p>"
    # The same content, packed by another release of zlib, is not another output.
    repacked = gzip.compress(gzip.decompress(world.read(OUTPUT, "artifacts")), compresslevel=1)
    world.s3.put_object(Bucket="artifacts", Key=OUTPUT, Body=repacked)
    gate.handler(EVENT, context)
    world.s3.put_object(Bucket="artifacts", Key=OUTPUT, Body=gzip.compress(b"another"))
    with pytest.raises(OutputRefused, match="already has other content"):
        gate.handler(EVENT, context)


@pytest.mark.parametrize(
    ("content", "document", "named"),
    [
        (CONTENT, DOCUMENT, "00"),
        (rows("other"), DOCUMENT, None),
        (CONTENT, written(CONTENT, version="v5"), None),
        (CONTENT, written(CONTENT, parent="v2"), None),
        (CONTENT, written(CONTENT, created="2026-11-30T09:00:01Z"), None),
        (CONTENT, written(CONTENT, file={"key": "datasets/rows/x", "sha256": manifest.digest(CONTENT)}), None),
        (CONTENT, written(CONTENT, layout=2), None),
        (CONTENT, b"[]", None),
    ],
)
def test_a_version_that_is_not_the_one_of_the_run_is_refused(world, context, content, document, named):
    world.made(content, document, **({"manifest_sha256": named} if named else {}))
    with pytest.raises(OutputRefused):
        gate.handler(EVENT, context)
    assert world.names() == [manifest.key_of("v3")]


def test_an_output_without_the_version_is_refused(world, context):
    body = packed({"evaluation.json": json.dumps(evaluation()).encode()})
    world.s3.put_object(Bucket="artifacts", Key="training/job-1/output/output.tar.gz", Body=body)
    with pytest.raises(EvaluationMissing, match=r"does not hold manifest\.json"):
        gate.handler(EVENT, context)


@pytest.mark.parametrize("name", ["v3.1", "v4"])
def test_a_version_that_was_made_meanwhile_is_not_passed_over(world, context, name):
    world.made(CONTENT, DOCUMENT)
    world.add(name, written(rows("theirs"), version=name))
    with pytest.raises(VersionRefused, match=f"^{name} was made while this run trained.*start the run again$"):
        gate.handler(EVENT, context)
    assert manifest.file_key(manifest.digest(CONTENT)) not in world.names()


@pytest.mark.parametrize("text", ["one", "elsewhere"])
def test_rows_that_were_erased_meanwhile_are_not_stored(world, context, text):
    world.made(CONTENT, DOCUMENT)
    world.erase(text)
    if text == "elsewhere":
        gate.handler(EVENT, context)
        assert manifest.key_of("v4") in world.names()
        return
    with pytest.raises(VersionRefused, match="erased texts that this run has trained on"):
        gate.handler(EVENT, context)
    assert world.names() == [manifest.key_of("v3")]


class Meanwhile:
    """S3 that does something just after the rows were stored."""

    def __init__(self, s3: Any, act: Any) -> None:
        self._s3, self._act = s3, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **request: Any) -> Any:
        answer = self._s3.put_object(**request)
        if request["Key"].startswith(manifest.FILES):
            self._act()
        return answer


def store(world: World, act: Any, content: bytes = CONTENT) -> bool:
    of_gate = versions.Versions(
        Meanwhile(world.s3, act), world.dynamodb, bucket="datasets", table="ledger", key=lambda: b"key"
    )
    return of_gate.store(manifest.read(written(content)), rows=content, written=written(content))


def test_an_erasure_after_the_rows_were_stored_takes_them_back(world):
    with pytest.raises(VersionRefused):
        store(world, lambda: world.erase("two"))
    assert world.names() == [manifest.key_of("v3")]


def test_of_two_at_once_one_is_stored_and_rows_of_the_other_stay(world):
    theirs = written(CONTENT, created="2026-11-30T08:00:00Z")
    with pytest.raises(VersionRefused, match=r"^v4 was made"):
        store(world, lambda: world.add("v4", theirs))
    # The same rows: its manifest names them.
    assert manifest.file_key(manifest.digest(CONTENT)) in world.names()
    assert world.read(manifest.key_of("v4")) == theirs


def test_a_step_that_was_killed_after_the_rows_leaves_no_version_and_can_be_repeated(world):
    def killed() -> None:
        raise ClientError({"Error": {"Code": "Killed"}}, "PutObject")

    with pytest.raises(ClientError):
        store(world, killed)
    assert manifest.key_of("v4") not in world.names()
    assert store(world, lambda: None) is True
    assert store(world, killed) is False
