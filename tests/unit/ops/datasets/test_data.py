"""`rubric data` on a fake AWS account: versions, reviews, two people at once, and a freeze that is killed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.datasets import ledger, manifest
from ops.datasets import base, stores
from ops.datasets.versions import Versions
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.explore import folding
from tests.unit.ops.conftest import run
from tests.unit.ops.datasets.world import BUCKET, World, asked, texts, use_script


@pytest.fixture
def world(cloud, tmp_path, monkeypatch):
    made = World(tmp_path)
    monkeypatch.setattr(Cloud, "stacks", made.stacks())
    return made


@pytest.fixture
def scripted(world, tmp_path, monkeypatch):
    use_script(tmp_path, monkeypatch)
    return world


def data(capsys, *arguments, status=0):
    assert run("data", *arguments) == status
    return capsys.readouterr()


def stored(capsys, *arguments):
    return json.loads(data(capsys, *arguments, "--json").out)


def freeze(world, capsys):
    return stored(capsys, "freeze", "--dataset", str(world.file))


def test_from_a_dataset_over_labels_and_reviews_to_the_next_version(world, capsys, tmp_path):
    """With the real fold, in the model environment."""
    first = freeze(world, capsys)
    assert (first["version"], first["parent"], first["file"]["rows"], first["new"]) == ("v1", None, 60, 0)
    assert first["counts"] == {"dataset": {"Business": 30, "Health": 30}}
    fresh = texts(30, offset=200)
    for number, text in enumerate(fresh[:20]):
        world.label(text, ("Business", "Health")[number % 2])
    world.label(fresh[20], "Health", trusted=False, key_id="u" * 10)
    disputed = world.label(fresh[21], "Health")
    world.label(fresh[21], "Business", key_id="z" * 10)
    contradicting = world.label(world.texts[0], "Health", trusted=False)
    following = stored(capsys, "show", "next")
    assert (following["new"], following["pending"]) == (21, 2)
    assert (following["waiting"], following["quarantined"]) == ({"labels disagree": 1}, {"contradicts the dataset": 1})
    assert "Business or Health" in data(capsys, "review").out
    said = data(capsys, "review", disputed[:12], "--label", "Health").err
    assert "1 row decided" in said
    assert "is not a label of the dataset" in data(capsys, "review", contradicting, "--label", "Sport", status=2).err
    data(capsys, "review", contradicting, "--accept")
    second = stored(capsys, "freeze")
    assert (second["version"], second["parent"], second["new"], second["relabelled"]) == ("v2", "v1", 22, 1)
    assert second["quarantined"] == second["waiting"] == {}
    found = stored(capsys, "diff", "v1", "v2")
    assert {name: len(rows) for name, rows in found.items()} == {"added": 22, "removed": 0, "relabelled": 1, "moved": 0}
    assert "Nothing to freeze: v2" in data(capsys, "freeze").err
    assert [one["version"] for one in stored(capsys, "list")] == ["v1", "v2"]
    exported = tmp_path / "v2.csv"
    data(capsys, "export", "latest", "--output", str(exported))
    parts = {row["row_id"]: row["part"] for row in csv.DictReader(io.StringIO(exported.read_text()))}
    tests = {row["row_id"] for row in _rows(world, first) if row["part"] == "test"}
    assert len(parts) == 82 and tests and all(parts[row_id] == "test" for row_id in tests)
    assert second["manifest_sha256"] == manifest.digest(
        world.s3.get_object(Bucket=BUCKET, Key="datasets/versions/v2/manifest.json")["Body"].read()
    )


def _rows(world, version):
    body = world.s3.get_object(Bucket=BUCKET, Key=version["file"]["key"])["Body"].read().decode()
    return list(csv.DictReader(io.StringIO(body)))


def test_a_version_has_what_the_fold_was_given(scripted, capsys, tmp_path):
    scripted.label("one", "Business")
    scripted.label("expired", "Business", expires_at=1_000_000_000)
    freeze(scripted, capsys)
    told = asked(tmp_path)
    assert [event["text"] for event in told["events"]] == ["one"]
    assert told["request"]["dataset"] == str(scripted.file) and "parent" not in told["request"]
    assert "erased" not in told["request"]


def test_tombstones_go_with_their_key(scripted, capsys, tmp_path):
    keyed = ledger.keyed_hash("row", key=b"k" * 64)
    scripted.table.put(ledger.tombstone(keyed, time="2026-11-20T10:00:00.000Z"))
    freeze(scripted, capsys)
    request = asked(tmp_path)["request"]
    assert request["erased"] == [keyed] and bytes.fromhex(request["erasure_key"]) == b"k" * 64


def test_the_environment_s_own_dataset_makes_the_first_version(scripted, capsys, tmp_path):
    dataset = Cloud("dev").settings.data.dataset
    assert "was not downloaded yet: `rubric train` does it once" in data(capsys, "freeze", status=3).err
    digest = dataset.sha256 or hashlib.sha256(dataset.url.encode()).hexdigest()
    scripted.s3.put_object(Bucket=BUCKET, Key=f"datasets/{digest}/newsCorpora.csv", Body=scripted.file.read_bytes())
    data(capsys, "freeze")
    assert asked(tmp_path)["request"]["dataset"].endswith("/newsCorpora.csv")


def test_a_dataset_may_be_in_s3(scripted, capsys, tmp_path):
    scripted.s3.put_object(Bucket=BUCKET, Key="mine/a.csv", Body=scripted.file.read_bytes())
    assert "does not exist" in data(capsys, "freeze", "--dataset", f"s3://{BUCKET}/none.csv", status=3).err
    data(capsys, "freeze", "--dataset", f"s3://{BUCKET}/mine/a.csv")
    assert asked(tmp_path)["request"]["dataset"].endswith("/a.csv")


def test_a_fold_that_crashes_is_called_by_its_name(scripted, capsys, tmp_path):
    (tmp_path / "script.py").write_text("raise ValueError('odd')")
    told = data(capsys, "freeze", "--dataset", str(scripted.file), status=1).err
    assert "Folding the ledger crashed (status 1): ValueError: odd" in told


@pytest.mark.parametrize("call", [1, 2])
def test_a_freeze_that_is_killed_leaves_nothing_half_done(scripted, capsys, monkeypatch, call):
    freeze(scripted, capsys)
    scripted.label("one", "Business")
    real, calls = Versions.store, []

    class Killed(BaseException):
        pass

    def put(self, **request):
        calls.append(request["Key"])
        if len(calls) == call:
            raise Killed
        return scripted.s3.put_object(**request)

    def store(self, *arguments, **options):
        self._s3 = type("Dying", (), {"put_object": put, "__getattr__": lambda _, name: getattr(scripted.s3, name)})()
        return real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Versions, "store", store)
        with pytest.raises(Killed):
            run("data", "freeze")
    capsys.readouterr()
    assert [one["version"] for one in stored(capsys, "list")] == ["v1"]
    assert stored(capsys, "freeze")["version"] == "v2"


def test_of_two_people_who_freeze_at_once_one_is_told(scripted, capsys, tmp_path, monkeypatch):
    freeze(scripted, capsys)
    scripted.label("one", "Business")
    real = folding.freeze

    def overtaken(cloud, following):
        scripted.label("two", "Business", minute=1)
        (other,) = [each for each in folding.fold(cloud, tmp_path) if isinstance(each, folding.Next)]
        real(cloud, other)
        return real(cloud, following)

    with monkeypatch.context() as patch:
        patch.setattr(folding, "freeze", overtaken)
        assert "v2 was made in the meantime: freeze again" in data(capsys, "freeze", status=1).err
    assert [one["file"]["rows"] for one in stored(capsys, "list")] == [0, 2]
    assert len(scripted.keys(manifest.FILES)) == 2, "the one who lost leaves no rows behind"


def test_of_two_manifests_at_the_same_moment_one_is_stored(scripted, capsys, tmp_path):
    """Both have looked and seen nobody: S3 decides."""
    first = freeze(scripted, capsys)
    scripted.label("one", "Business")
    (following,) = [each for each in folding.fold(Cloud("dev"), tmp_path) if isinstance(each, folding.Next)]
    versions = stores.versions_of(Cloud("dev"))
    document = following.manifest(labels_sha256="")
    versions.store(document, following.content)
    rival: Any = {**document, "file": {**document["file"], "key": manifest.file_key("other")}}
    with pytest.raises(Exception, match="v2 was frozen by somebody else in the meantime"):
        versions.store(rival, b"others")
    assert versions.read("v2").manifest["file"] == document["file"]
    assert sorted(scripted.keys(manifest.FILES)) == sorted([first["file"]["key"], document["file"]["key"]])


def test_an_erasure_in_the_meantime_ends_a_freeze(scripted, capsys, monkeypatch):
    real = folding.freeze

    def after(cloud, following):
        scripted.table.put(ledger.tombstone("ab", time="2026-11-20T10:00:00.000Z"))
        return real(cloud, following)

    monkeypatch.setattr(folding, "freeze", after)
    said = data(capsys, "freeze", "--dataset", str(scripted.file), status=1).err
    assert "Somebody erased texts in the meantime" in said and scripted.keys() == []


@pytest.mark.parametrize(
    ("arguments", "status", "part"),
    [
        (["show"], 3, "There is no dataset version yet: `rubric data freeze` makes one"),
        (["show", "v7"], 3, "There is no dataset version v7"),
        (["show", "seven"], 2, "'seven' is not a dataset version"),
        (["review", "abc"], 2, "Name rows (or --key) and one of --label, --accept and --reject"),
        (["review", "--reject"], 2, "Name rows"),
        (["export", "v1", "--output", "x.csv"], 3, "There is no dataset version v1"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(scripted, capsys, arguments, status, part):
    said = data(capsys, *arguments, status=status).err
    assert part in said and said.count("rubric: ") == 1


def test_a_version_whose_rows_are_gone_or_changed_is_refused(scripted, capsys):
    version = freeze(scripted, capsys)
    scripted.s3.put_object(Bucket=BUCKET, Key=version["file"]["key"], Body=b"something else")
    assert "are not those of its manifest" in data(capsys, "export", "v1", "-o", "x.csv", status=1).err
    assert run("train", "--dataset", "v1", "--no-follow") == 0
    scripted.s3.delete_object(Bucket=BUCKET, Key=version["file"]["key"])
    capsys.readouterr()
    assert "The rows of dataset version v1 are gone" in data(capsys, "freeze", status=3).err
    assert "its rows are gone" in data(capsys, "list").out
    assert run("train", "--dataset", "v1") == 1
    assert "The rows of dataset version v1 are gone" in capsys.readouterr().err


def test_training_gets_the_manifest_s_address(scripted, capsys, sfn):
    freeze(scripted, capsys)
    for named in ("v1", "latest"):
        assert run("train", "--dataset", named, "--no-follow") == 0
        started = sfn.started[-1]["input"]
        assert started.pop("by")
        assert started == {"dataset_uri": f"s3://{BUCKET}/datasets/versions/v1/manifest.json"}


def test_a_manifest_of_another_layout_is_refused(scripted, capsys):
    freeze(scripted, capsys)
    key = manifest.key_of("v1")
    document = json.loads(scripted.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    scripted.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({**document, "layout": 9}))
    assert "the manifest has the layout 9, and this Rubric reads 1" in data(capsys, "show", "v1", status=1).err


def test_decisions_of_a_table(scripted, capsys, tmp_path):
    freeze(scripted, capsys)
    waits = {"state": "waiting", "reason": "labels disagree", "label": "", "base": "", "source": "", "time": ""}
    rows = [{**waits, "row_id": str(n) * 64, "text": f"text {n}", "key_id": "", "votes": {"a": "x"}} for n in range(3)]
    (tmp_path / "pending.json").write_text(json.dumps(rows))
    scripted.label("one", "Business")
    table = tmp_path / "waiting.csv"
    data(capsys, "review", "--csv", str(table))
    lines = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    assert [line["text"] for line in lines] == ["text 0", "text 1", "text 2"]
    assert "decides nothing" in data(capsys, "review", "--apply", str(table), status=2).err
    lines[0]["decision"], lines[2]["decision"] = "Business", "-"
    with table.open("w", newline="") as out:
        writer = csv.DictWriter(out, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    assert "2 rows decided" in data(capsys, "review", "--apply", str(table)).err
    reviews = {event["row_id"][0]: event for event in scripted.table.events() if event["kind"] == "review"}
    assert {row: event["label"] for row, event in reviews.items()} == {"0": "Business", "2": ""}
    assert all(event["key_id"].startswith("arn:aws:") and event["source"] == "review" for event in reviews.values())


@pytest.mark.parametrize(
    ("prefix", "problem"),
    [("A", "2 rows that wait begin with 'A': give more letters"), ("c", "No row that waits begins with 'c'")],
)
def test_a_prefix_must_be_that_of_one_row(prefix, problem):
    rows = [{"row_id": "ab"}, {"row_id": "ac"}, {"row_id": "bb"}]
    assert folding.find(rows, "AB") == rows[0]
    with pytest.raises(OpsError, match=problem):
        folding.find(rows, prefix)


def test_all_rows_of_a_key(scripted, capsys, tmp_path):
    freeze(scripted, capsys)
    waits = {"state": "quarantined", "reason": "too many", "base": "", "source": "", "time": "", "votes": {}}
    rows = [{**waits, "row_id": str(n) * 64, "text": "t", "key_id": "ab"[n % 2], "label": "Business"} for n in range(4)]
    (tmp_path / "pending.json").write_text(json.dumps(rows))
    scripted.label("one", "Business")
    data(capsys, "review", "--key", "a", "--accept")
    assert sorted(event["row_id"][0] for event in scripted.table.events() if event["kind"] == "review") == ["0", "2"]
    assert "No row waits because of the key 'c'" in data(capsys, "review", "--key", "c", "--reject", status=1).err


def test_files_of_a_list_are_one_dataset_whatever_their_names(tmp_path):
    first, second = tmp_path / "a/news.csv", tmp_path / "b/news.csv"
    for number, path in enumerate((first, second)):
        path.parent.mkdir()
        path.write_text(str(number))
    source = SimpleNamespace(source="file", path=[str(first), str(second.parent)])
    cloud = SimpleNamespace(settings=SimpleNamespace(data=SimpleNamespace(dataset=source)))
    folder = base.bring(cast(Cloud, cloud), None, folder=tmp_path / "work")
    assert [path.read_text() for path in sorted(folder.rglob("*.csv"))] == ["0", "1"]
