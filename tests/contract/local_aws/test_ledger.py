"""Labels and dataset versions on a running server: one transaction each, and one version of each name."""

from typing import Any

import pytest

from contracts.datasets import ledger, manifest
from lambda_src.common import ledger as appending
from lambda_src.examples.dal import Examples
from local_aws_testing.server import Server
from ops.datasets.ledger_table import LedgerTable
from ops.datasets.versions import Versions
from ops.errors import OpsError
from tests.tables import make_ledger, make_table

AT = "2026-11-20T10:00:00.000Z"
NOW = 1_900_000_000


@pytest.fixture(scope="module")
def dynamodb(server: Server) -> Any:
    client = server.client("dynamodb")
    make_table(client, "labelled-examples", example_id="S")
    make_ledger(client, "labelled-ledger")
    return client


def event(text: str, label: str = "Health") -> ledger.Event:
    return appending.label_event(
        ledger.row_of(text), source="example", key_id="k", trusted=True, label=label, at=AT, keep_days=10, same=(text,),
        text=text,
    )  # fmt: skip


def test_an_example_and_its_event_are_written_together_and_once(dynamodb: Any) -> None:
    store = Examples(dynamodb, table="labelled-examples", ledger_table="labelled-ledger", logger=None)
    item = {"example_id": "e", "label": "Health", "expires_at": NOW + 100}
    assert store.add(item, event=event("one"), now=NOW) is None
    assert store.add({**item, "label": "Sport"}, event=event("one", "Sport"), now=NOW) == item
    found = list(LedgerTable(dynamodb, name="labelled-ledger").events())
    assert found == [event("one")]
    lost = Examples(dynamodb, table="labelled-examples", ledger_table="no-such-table", logger=None)
    with pytest.raises(dynamodb.exceptions.ClientError):
        lost.add({**item, "example_id": "f"}, event=event("two"), now=NOW)
    assert "Item" not in dynamodb.get_item(TableName="labelled-examples", Key={"example_id": {"S": "f"}})


def test_tombstones_are_found_by_the_index(dynamodb: Any) -> None:
    table = LedgerTable(dynamodb, name="labelled-ledger")
    keyed = ledger.keyed_hash("row", key=b"key")
    table.put(ledger.tombstone(keyed, time=AT))
    assert table.tombstones() == {keyed}


def test_of_two_versions_of_one_name_one_is_stored(server: Server) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="labelled-versions")
    versions = Versions(s3, bucket="labelled-versions")
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
    document |= {"layout": 1, "version": "v1", "file": {"key": manifest.file_key("a"), "sha256": manifest.digest(b"a")}}
    versions.store(document, b"a")
    rival: Any = {**document, "file": {**document["file"], "key": manifest.file_key("b")}}
    with pytest.raises(OpsError, match="v1 was frozen by somebody else"):
        versions.store(rival, b"b")
    assert versions.names() == ["v1"] and versions.read("v1").manifest == document
    assert [
        one["Key"] for one in s3.list_objects_v2(Bucket="labelled-versions", Prefix=manifest.FILES)["Contents"]
    ] == [manifest.file_key("a")]
