"""An environment with a ledger and a dataset, in moto."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import boto3

from contracts.datasets import ledger
from ops.datasets.ledger_table import LedgerTable
from ops.deployment.stacks import Stack
from ops.explore import folding
from tests.tables import make_ledger
from tests.unit.ops.conftest import deployed

BUCKET, TABLE = "datasets", "ledger"
LABELS = ("Business", "Health")
WORDS = ("bank", "cure", "deal", "fund", "heart", "loan", "nurse", "price", "pulse", "share", "ward", "yield")


def texts(count: int, *, offset: int = 0) -> list[str]:
    """Distinct texts that are not near duplicates."""
    return [
        " ".join(f"{WORDS[(at * step) % 12]}{chr(97 + (at * at + step) % 26)}{at}" for step in (1, 5, 7, 11))
        for at in range(offset, offset + count)
    ]


class World:
    """The ledger, the bucket, and a dataset of 60 rows in `file`."""

    def __init__(self, folder: Path) -> None:
        dynamodb = boto3.client("dynamodb")
        make_ledger(dynamodb, TABLE)
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        secret = boto3.client("secretsmanager").create_secret(Name="erasure", SecretString="k" * 64)["ARN"]
        self.outputs = {"LedgerTableName": TABLE, "DatasetBucketName": BUCKET, "ErasureKeyArn": secret}
        self.table = LedgerTable(dynamodb, name=TABLE)
        self.file = folder / "news.csv"
        self.texts = texts(60)
        with self.file.open("w", newline="") as out:
            csv.writer(out).writerows([("text", "label"), *zip(self.texts, LABELS * 30, strict=True)])

    def stacks(self) -> Any:
        """The deployed stacks, with this world's outputs."""
        stacks = deployed()
        data = stacks.by_part["Data"]
        stacks.by_part["Data"] = Stack(data.name, data.status, data.changed, {**data.outputs, **self.outputs})
        return stacks

    def label(self, text: str, label: str, *, minute: int = 0, **more: Any) -> str:
        """An event; returns its row's id."""
        row_id, at = ledger.row_of(text), f"2026-11-20T10:{minute:02d}:00.000Z"
        event_id = ledger.event_id("feedback", label, at, str(more))
        made: dict[str, Any] = {"row_id": row_id, "event_id": event_id, "kind": "label", "source": "feedback"}
        made |= {"key_id": "k" * 10, "trusted": True, "label": label, "text": text, "time": at}
        made |= {**ledger.index_attributes(row_id, event_id, time=at), "expires_at": 4_000_000_000}
        self.table.put({**made, **more})  # type: ignore[typeddict-item]
        return row_id

    def keys(self, prefix: str = "") -> list[str]:
        """The bucket's objects."""
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


SCRIPT = """
import hashlib, json, pathlib, sys
request, folder = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[3])
events = [json.loads(line) for line in pathlib.Path(request["events"]).read_text().splitlines()]
print("progress: judge 1/1", flush=True)
told = {"request": request, "events": events}
pathlib.Path("asked.json").write_text(json.dumps(told))
rows = "row_id,text,label,part\\n" + "".join(
    f"{event['row_id']},{event.get('text', '')},{event['label']},train\\n" for event in events)
content = rows.encode()
(folder / "rows.csv").write_bytes(content)
pending = json.loads(pathlib.Path("pending.json").read_text()) if pathlib.Path("pending.json").exists() else []
(folder / "pending.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in pending))
(folder / "folded.json").write_text(json.dumps({
    "rows": len(events), "counts": {"feedback": {"Business": len(events)}},
    "parts": {"train": {"Business": len(events)}},
    "new": len(events), "relabelled": 0, "removed": 0, "waiting": {}, "quarantined": {}, "left_out": {},
    "events": len(events), "until": "", "seed": 13, "valid_fraction": 0.05, "test_fraction": 0.1,
    "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}))
"""


def use_script(folder: Path, monkeypatch: Any) -> None:
    """Fold with a script of the tests' own: each event is a row."""
    monkeypatch.setenv("RUBRIC_MODEL_PYTHON", sys.executable)
    (folder / "script.py").write_text(SCRIPT)
    monkeypatch.setattr(folding, "SCRIPT", folder / "script.py")
    monkeypatch.chdir(folder)


def asked(folder: Path) -> dict[str, Any]:
    """What the script was asked."""
    told: dict[str, Any] = json.loads((folder / "asked.json").read_text())
    return told
