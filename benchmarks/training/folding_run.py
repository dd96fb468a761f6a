"""What a run that folds the ledger costs its two functions: handing on the events, and storing the version.

    python -m benchmarks.training.folding_run [--events 50000 100000 200000]

Invented headlines: as many events as given, all of them rows of the version, with one tombstone, so that each row is
hashed. DynamoDB's pages come from memory, as botocore gives them; S3 is a dictionary. Processor time on one core. The
goal: twice the events take at most 2.2 times the processor time. Run it in .venv.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contracts.datasets import ledger, manifest
from lambda_src.common import dynamodb
from lambda_src.pipeline.gate import archives, versions
from lambda_src.pipeline.prepare_training import events
from model_code.dataset_generator import generate_headlines

EVENTS = (50_000, 100_000, 200_000)
GOAL = 2.2
PAGE = 1_500  # about a megabyte of items
MAKES: Any = {"version": "v2", "parent": "v1", "created": "2026-11-30T09:00:00Z"}


class Ledger:
    """DynamoDB with these texts as its ledger."""

    def __init__(self, count: int) -> None:
        self._texts = [(f"{text} {number}", label) for number, (text, label) in enumerate(headlines(count))]
        self._tombstone = dynamodb.item(ledger.tombstone("ab" * 32, time="2026-11-30T09:00:00.000Z"))

    def get_paginator(self, operation: str) -> Ledger:
        self._operation = operation
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"Items": [self._tombstone]}
        for start in range(0, len(self._texts) if self._operation == "scan" else 0, PAGE):
            yield {"Items": [self._item(*each) for each in self._texts[start : start + PAGE]]}

    def _item(self, text: str, label: str) -> dict[str, Any]:
        event = ledger.label_event(
            ledger.row_of(text), source="example", key_id="k" * 10, trusted=True, label=label,
            at="2026-11-30T09:00:00.000Z", keep_days=365, same=(text,), text=text,
        )  # fmt: skip
        kept = ("row_id", "event_id", "kind", "source", "key_id", "time", "label", "trusted", "expires_at", "text")
        return dynamodb.item({name: event[name] for name in kept})  # type: ignore[literal-required]

    def rows(self) -> bytes:
        """The version that has them all."""
        written = io.StringIO()
        table = csv.writer(written, lineterminator="\n")
        table.writerow(manifest.COLUMNS)
        for text, label in self._texts:
            row = ledger.row_of(text)
            table.writerow([row, text, label, "train", "", "", "", "example", row, "2026-11-30T09:00:00.000Z"])
        return written.getvalue().encode()


class Bucket:
    """S3, as far as the gate needs it here."""

    def __init__(self) -> None:
        self.objects = {manifest.key_of("v1"): b""}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 (S3's names)
        from botocore.exceptions import ClientError

        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[Key] = Body

    def get_paginator(self, operation: str) -> Bucket:
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in self.objects if key.startswith(manifest.VERSIONS)]}


def headlines(count: int) -> Iterator[tuple[str, str]]:
    """Some thousand headlines, again and again."""
    return itertools.islice(itertools.cycle(list(generate_headlines.headlines(5_000, seed=8))), count)


def measure(count: int) -> dict[str, Any]:
    """The processor time of both functions, and the sizes of what they handle."""
    client = Ledger(count)
    pages = list(client.get_paginator("scan").paginate())
    client.paginate = lambda **_: iter(pages)  # type: ignore[method-assign] # the events are not made while it is timed
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        started = time.process_time()
        events.dump(client, table="ledger", path=path, key=lambda: b"k" * 64, now=time.time())
        dumped, size = time.process_time() - started, path.stat().st_size
    content = Ledger(count).rows()
    packed = _packed(content)
    started = time.process_time()
    archives.divided(packed, [manifest.ROWS_FILE, manifest.MANIFEST_FILE])
    document = _document(content)
    written = manifest.to_json(document)
    versions.checked(MAKES, rows=content, written=written, named=manifest.digest(written))
    store = versions.Versions(Bucket(), Ledger(0), bucket="b", table="ledger", key=lambda: b"k" * 64)
    store.store(document, rows=content, written=written)
    return {
        "events": count,
        "prepare_seconds": round(dumped, 2),
        "events_megabytes": round(size / 1e6, 1),
        "gate_seconds": round(time.process_time() - started, 2),
        "rows_megabytes": round(len(content) / 1e6, 1),
    }


def _packed(rows: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:
        for name, content in ((manifest.ROWS_FILE, rows), (manifest.MANIFEST_FILE, b"{}")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _document(content: bytes) -> manifest.Manifest:
    sha256 = manifest.digest(content)
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
    document |= MAKES | {"layout": manifest.LAYOUT, "reason": manifest.FREEZE}
    document["file"] = {"key": manifest.file_key(sha256), "sha256": sha256, "bytes": len(content), "rows": 0}
    made: manifest.Manifest = document
    return made


def main(arguments: Sequence[str]) -> int:
    """Measure each size; 1 if a doubling takes longer than the goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=list(EVENTS))
    found = []
    for count in parser.parse_args(arguments).events:
        found.append(measure(count))
        print(json.dumps(found[-1]), flush=True)
    ratios = [
        round(after[name] / before[name], 2)
        for before, after in itertools.pairwise(found)
        for name in ("prepare_seconds", "gate_seconds")
        if after["events"] == 2 * before["events"]
    ]
    print(json.dumps({"sizes": found, "ratios": ratios, "goal": GOAL}))
    return int(any(ratio > GOAL for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
