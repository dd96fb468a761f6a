"""`rubric erase` on a full deployment removes a text that was classified, taught, captured and trained on."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cloud import Cloud, wait_for

OTHER = "Another headline that stays where it is"


class Stores:
    """The texts that the environment has stored."""

    def __init__(self, cloud: Cloud) -> None:
        self._dynamodb, self._s3 = cloud.client("dynamodb"), cloud.client("s3")
        self._outputs = cloud.outputs("Data")

    def rows(self, table: str) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._outputs[f"{table}TableName"])
        return [item for page in pages for item in page["Items"]]

    def files(self, bucket: str, prefix: str) -> str:
        """The contents of all versions of all objects."""
        name = self._outputs[f"{bucket}BucketName"]
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=name, Prefix=prefix)
        versions = [one for page in pages for one in page.get("Versions", [])]
        bodies = [
            self._s3.get_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
            for one in versions
        ]
        return b"\n".join(bodies).decode()

    def teach(self, text: str) -> None:
        """A row more in the dataset, as an operator adds one."""
        name = self._outputs["DatasetBucketName"]
        [first] = self._s3.list_objects_v2(Bucket=name, Prefix="datasets/", MaxKeys=1)["Contents"]
        body = self._s3.get_object(Bucket=name, Key=first["Key"])["Body"].read()
        header, *rows = body.decode().splitlines(keepends=True)
        row = ",".join([f'"{text}"'] * (header.count(",") + 1)) + "\n"
        self._s3.put_object(Bucket=name, Key=first["Key"], Body="".join([header, row, *rows]).encode())


@pytest.fixture(scope="module")
def stores(deployed: Cloud) -> Stores:
    return Stores(deployed)


def test_a_text_is_erased_everywhere_and_nothing_else_is(deployed: Cloud, stores: Stores, tmp_path: Path) -> None:
    text = f"Mary Smith, 34, is ill, {uuid.uuid4().hex}"
    stores.teach(text)
    with deployed.api() as api:
        kept = api.post("v1/classify", json={"inputs": OTHER}).json()["request_id"]
        headers = {"idempotency-key": uuid.uuid4().hex}
        asked = api.post("v1/classify", json={"inputs": [text, OTHER]}, headers=headers).json()["request_id"]
        assert api.post("v1/examples", json={"text": text, "label": "Health"}).json()["stored"] == 1
        wait_for("the capture", lambda: text in stores.files("Artifact", "capture/"), timeout=60)
        file = tmp_path / "text.txt"
        file.write_text(text.upper())
        report = json.loads(deployed.rubric("erase", "--text", str(file), "--yes", "--json").stdout)
        erased = {store["store"]: store["erased"] for store in report["stores"]}
        assert erased == {
            **{"request log": 1, "dead letters": 0, "kept answers": 1, "examples": 1, "data capture": 1},
            **{"batch files": 0, "drift reports": 0, "datasets": 1, "evaluations": 0},
            **{"ledger": 1, "dataset versions": 0},
        }
        texts = api.get(f"v1/requests/{asked}").json()["texts"]
        assert [one["text"] for one in texts] == [OTHER]
        assert api.get(f"v1/requests/{kept}").status_code == 200
        # Nothing of an erased text is kept, and no answer reveals it.
        assert api.post("v1/examples", json={"text": text, "label": "Health"}).json()["results"] == ["stored"]
    for table in ("RequestLog", "Examples", "Answers", "Erased", "Ledger"):
        assert text not in repr(stores.rows(table)), table
    assert text not in stores.files("Artifact", "capture/") and text not in stores.files("Dataset", "")
    assert OTHER in repr(stores.rows("RequestLog")) and stores.files("Dataset", "").count("\n") > 1000
    assert any("weights" in sentence for sentence in report["not_erased"])


def test_a_caller_s_texts_are_erased_and_a_dry_run_only_counts(deployed: Cloud, stores: Stores) -> None:
    made = json.loads(deployed.rubric("keys", "create", "--name", "leaves", "--json").stdout)
    with deployed.api(key=made["key"]) as api:
        assert api.post("v1/classify", json={"inputs": [f"Hers {number}" for number in range(30)]}).status_code == 200
    counted = json.loads(deployed.rubric("erase", "--key", made["key_id"], "--dry-run", "--json").stdout)
    assert counted["stores"][0]["found"] == 30 and not counted["erased"]
    assert sum(item.get("key_id", {}).get("S") == made["key_id"] for item in stores.rows("RequestLog")) == 30
    deployed.rubric("erase", "--key", made["key_id"], "--yes")
    assert not any(item.get("key_id", {}).get("S") == made["key_id"] for item in stores.rows("RequestLog"))
