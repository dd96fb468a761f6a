"""Which texts a model has learnt from: the rows of its dataset version."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from contracts.datasets import ledger, manifest
from contracts.deployment import buckets
from lambda_src.ab_test.learnt import Learnt, RowsUnknownError


class Stores:
    def __init__(self):
        self.s3 = boto3.client("s3")
        for name in ("artifacts", "datasets"):
            self.s3.create_bucket(Bucket=name)

    def model(self, version, **evaluation):
        body = json.dumps(evaluation).encode()
        self.s3.put_object(Bucket="artifacts", Key=buckets.evaluation(version), Body=body)

    def version(self, name, *texts, gone=False):
        file = {"key": manifest.file_key(name), "sha256": name, "bytes": 1, "rows": len(texts)}
        document: Any = {**dict.fromkeys(manifest.Manifest.__annotations__), "layout": manifest.LAYOUT, "file": file}
        self.s3.put_object(Bucket="datasets", Key=manifest.key_of(name), Body=manifest.to_json(document))
        lines = [",".join(manifest.COLUMNS), *(f'{ledger.row_of(text)},"{text}"{"," * 8}' for text in texts)]
        if not gone:
            self.s3.put_object(Bucket="datasets", Key=file["key"], Body="\n".join(lines).encode())

    def learnt(self, version):
        return Learnt(self.s3, artifacts="artifacts", datasets="datasets").rows(version)


@pytest.fixture
def stores(account):
    return Stores()


def test_the_rows_of_its_version_of_all_parts(stores):
    stores.model("m2", dataset_version="v2")
    stores.version("v2", "Shares rise", "a, line\nwith a break")
    assert stores.learnt("m2") == {ledger.row_of("SHARES  rise"), ledger.row_of("a, line with a break")}


def test_without_a_version_there_is_nothing_of_the_ledger(stores):
    stores.model("m1", dataset_version=None)
    assert stores.learnt("m1") == stores.learnt("without-an-evaluation") == frozenset()


def test_what_is_left_of_a_version_after_erasures(stores):
    stores.model("m2", dataset_version="v2")
    stores.version("v2", "Shares rise", "A secret", gone=True)
    stores.version("v2.1", "Shares rise", gone=True)
    stores.version("v2.2", "Shares rise")
    assert stores.learnt("m2") == {ledger.row_of("Shares rise")}


def test_rows_that_cannot_be_read_are_not_taken_for_none(stores):
    stores.model("m2", dataset_version="v2")
    with pytest.raises(RowsUnknownError, match="the dataset version v2 cannot be read"):
        stores.learnt("m2")
    stores.version("v2", gone=True)
    with pytest.raises(RowsUnknownError, match=r"the dataset version v2\.1 cannot be read"):
        stores.learnt("m2")
    stores.s3.put_object(Bucket="datasets", Key=manifest.key_of("v2"), Body=b'{"layout": 9}')
    with pytest.raises(RowsUnknownError, match="v2, the manifest has the layout 9"):
        stores.learnt("m2")
