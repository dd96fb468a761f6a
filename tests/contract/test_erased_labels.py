"""rubric erase and what was labelled: the ledger's rows and the versions made of them, written by the code itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from contracts.datasets import ledger, manifest
from lambda_src.common import dynamodb
from lambda_src.common import ledger as appending
from ops.datasets import stores
from ops.deployment.cloud import Cloud
from ops.erase.versions import DatasetVersions
from tests.contract.erasing import (  # noqa: F401 (fixtures)
    HERS,
    OLD,
    OTHERS,
    SECRET,
    World,
    aws,
    client,
    cloud,
    erase,
    rubric,
    sfn,
)

KEY = b"k" * 64
KEPT = "another row"


@pytest.fixture(autouse=True)
def few_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", client)


@pytest.fixture
def world(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    yield World(monkeypatch, cloud)


def label(world: World, text: str, *, key: str, source: Any = "feedback", request: str | None = None) -> str:
    """An event; returns its row."""
    row_id = ledger.row_of(text)
    event = appending.label_event(
        row_id, source=source, key_id=key, trusted=True, label="A", at=at(OLD), keep_days=365, same=(key, text),
        text=text, request_id=request,
    )  # fmt: skip
    world.dynamodb.put_item(TableName="ledger", Item=dynamodb.item(event))
    return row_id


def at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def freeze(world: World, name: str, *texts: str) -> manifest.Manifest:
    """A version with a row of each text."""
    rows = [[ledger.row_of(text), text, "A", "test", "", "", "", "feedback", "e", "t"] for text in texts]
    content = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in [[*manifest.COLUMNS], *rows]).encode()
    sha256 = manifest.digest(content)
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
    document |= {"layout": 1, "version": name, "reason": "freeze", "waiting": {"labels disagree": 2}, "new": 1}
    document |= {"file": {"key": manifest.file_key(sha256), "sha256": sha256, "bytes": len(content), "rows": len(rows)}}
    stores.versions_of(Cloud("dev")).store(document, content)
    return dict(document)  # type: ignore[return-value]


def tombstones(world: World) -> set[str]:
    return {keyed for event in world.events() if (keyed := ledger.tombstone_of(event["row_id"]))}


def by_text(tmp_path: Any) -> tuple[str, str]:
    (tmp_path / "text.txt").write_text(SECRET)
    return "--text", str(tmp_path / "text.txt")


@pytest.mark.parametrize("by", ["text", "key", "request"])
def test_a_row_becomes_a_tombstone_and_its_versions_get_successors(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    gone, kept = label(world, SECRET, key=HERS, request="r1"), label(world, KEPT, key=OTHERS)
    label(world, SECRET.upper(), key=OTHERS)
    before, other = freeze(world, "v1", SECRET, KEPT), freeze(world, "v2", KEPT)
    how = {"text": by_text(tmp_path), "key": ("--key", HERS), "request": ("--request", "r1")}[by]
    report = erase(*how, capsys=capsys)
    found = {store["store"]: store["found"] for store in report["stores"]}
    assert (found["ledger"], found["dataset versions"]) == (2, 1)
    assert "Mary" not in world.everything() and KEPT in world.everything()
    assert tombstones(world) == {ledger.keyed_hash(gone, key=KEY)}
    assert gone not in str(world.events()), "not even the digest of the text"
    assert [event["row_id"] for event in world.events() if event["kind"] == "label"] == [kept]
    versions = stores.versions_of(Cloud("dev"))
    assert versions.names() == ["v1", "v1.1", "v2"]
    first, successor = versions.read("v1"), versions.read("v1.1")
    assert first.manifest == before and not versions.has_rows(first)
    assert (successor.manifest["parent"], successor.manifest["reason"]) == ("v1", "erasure")
    assert (successor.manifest["file"]["rows"], successor.manifest["removed"], successor.manifest["new"]) == (1, 1, 0)
    assert successor.manifest["counts"] == {"feedback": {"A": 1}} and successor.manifest["parts"] == {"test": {"A": 1}}
    versions.download(successor, tmp_path / "left.csv")
    assert versions.read("v2").manifest == other and versions.has_rows(versions.read("v2"))


def test_a_label_is_its_labeller_s_and_the_text_is_not(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    row = label(world, KEPT, key=HERS, source="labelling")
    label(world, KEPT, key=OTHERS, source="labelling")
    erase("--key", HERS, capsys=capsys)
    assert [(event["row_id"], event["key_id"]) for event in world.events()] == [(row, OTHERS)]


def test_rows_that_no_version_names_are_erased_too(world: World, tmp_path: Any, capsys: Any) -> None:
    """What a freeze that was killed left, and old versions of a file."""
    world.put("datasets", manifest.file_key("orphan"), f'{",".join(manifest.COLUMNS)}\n,{KEPT}\n,"{SECRET}"\n')
    document = freeze(world, "v1", SECRET, KEPT)
    world.put("datasets", document["file"]["key"], "row_id,text\n")
    erase(*by_text(tmp_path), capsys=capsys)
    assert "Mary" not in world.everything()
    assert stores.versions_of(Cloud("dev")).names() == ["v1"]


@pytest.mark.parametrize("call", range(1, 8))
def test_killed_anywhere_it_can_be_run_again(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    row = label(world, SECRET, key=HERS)
    freeze(world, "v1", SECRET, KEPT)
    freeze(world, "v2", SECRET, KEPT, "third")

    class Killed(BaseException):
        pass

    calls: list[str] = []

    def kill(model: Any, **_: Any) -> None:
        if model.name in ("PutObject", "DeleteObject", "PutItem"):
            calls.append(model.name)
            if len(calls) == call + len([one for one in calls if one == "PutItem"]):
                raise Killed

    real = DatasetVersions.run

    def run(self: Any, *arguments: Any, **options: Any) -> Any:
        world.s3.meta.events.register("before-call", kill)
        try:
            return real(self, *arguments, **options)
        finally:
            world.s3.meta.events.unregister("before-call", kill)

    with monkeypatch.context() as patch:
        patch.setattr(DatasetVersions, "run", run)
        try:
            rubric("erase", "--key", HERS, "--yes")
        except Killed:
            assert len(calls) == call
        else:
            assert len(calls) < call
    erase("--key", HERS, capsys=capsys)
    assert "Mary" not in world.everything()
    assert tombstones(world) == {ledger.keyed_hash(row, key=KEY)}
    versions = stores.versions_of(Cloud("dev"))
    assert versions.names() == ["v1", "v1.1", "v2", "v2.1"]
    assert versions.read("latest").manifest["file"]["rows"] == 2 and versions.has_rows(versions.read("v2.1"))


def test_a_text_that_was_only_in_a_version_stays_out_of_the_next(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    freeze(world, "v1", SECRET, KEPT)
    erase(*by_text(tmp_path), capsys=capsys)
    assert (
        tombstones(world)
        == stores.ledger_of(Cloud("dev")).tombstones()
        == {ledger.keyed_hash(ledger.row_of(SECRET), key=KEY)}
    )
