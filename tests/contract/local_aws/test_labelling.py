"""Labels on a running server: the queue reads what was logged, and a label and its event are one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from contracts.logs import audit
from lambda_src.classify.log_items import RequestFacts, build, labels_items, sample_items
from lambda_src.classify.log_writer import LogWriter
from lambda_src.common.problems import Problem
from lambda_src.labelling import dal, giving, summary
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.queue import Queue, Uncertain
from lambda_src.labelling.request_body import LabelRequest
from local_aws_testing.server import Server
from tests.unit.lambda_src.labelling.world import answer
from tests.unit.lambda_src.request_log_api.world import SHARDS, World

NOW = datetime.now(UTC)
ANA, BEN = (Labeller(key_id="abcdefgh23", name=name, trusted=True) for name in ("ana", "ben"))


class NothingErased:
    def among(self, texts: Mapping[str, str]) -> frozenset[str]:
        return frozenset()


@pytest.fixture(scope="module")
def texts(server: Server) -> Any:
    """The log with 30 texts, half of them in the sample."""
    client = server.client("dynamodb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "client", lambda _: client)
        world = World(None)
    facts = RequestFacts(
        request_id="JKJaXmPLvHcESHA=", key_id="somebodyel", received=NOW - timedelta(minutes=5), latency_ms=1.0,
        status=200, variant="champion", keep_days=30, shards=SHARDS, audit_share=0.5,
    )  # fmt: skip
    results = [answer("Health", 0.4 + n / 60) for n in range(30)]
    items = build(facts, texts=[f"Text number {n}" for n in range(30)], results=results)
    writer = LogWriter(world.dynamodb, None, table="requests", dlq_url="", shards=SHARDS, logger=None)
    labels = labels_items(results, expires_at=items[0]["expires_at"])
    assert writer.write([*items, *sample_items(items)], labels=labels).failed == 0
    return dal.Texts(client, table="requests", ledger_table="ledger", shards=SHARDS, logger=None)


def give(texts: dal.Texts, position: int, label: str, labeller: Labeller) -> dict[str, Any]:
    request = LabelRequest(
        request_id="JKJaXmPLvHcESHA=", position=position, label=label, labeller=labeller.name, sample=""
    )
    return giving.Labels(texts=texts, erased=NothingErased(), keep_days=10).give(request, labeller)


def events(texts: dal.Texts) -> int:
    return int(texts._dynamodb.scan(TableName="ledger", Select="COUNT")["Count"])


def test_a_queue_is_labelled_to_its_end(texts: dal.Texts) -> None:
    queue = Queue(texts=texts, days=2, shared_share=0.0, sources=(Uncertain(texts=texts),))
    found = queue.document(ANA, limit=100, today=NOW.date())["texts"]
    sampled = {n for n in range(30) if audit.is_sampled("JKJaXmPLvHcESHA=", n, share=0.5)}
    assert {one["position"] for one in found if one["sample"] == "audit"} == sampled
    assert {one["position"] for one in found} == set(range(30))
    for one in found:
        give(texts, one["position"], "Health" if one["position"] else "Science", ANA)
    assert queue.document(BEN, limit=100, today=NOW.date())["texts"] == []
    assert events(texts) == 30
    stats = summary.document(texts, ANA, days=2, today=NOW.date())
    assert (stats["texts"], stats["labelled"], stats["yours"]) == (len(sampled),) * 3


def test_labels_change_and_conflict_one_event_each(texts: dal.Texts) -> None:
    position = min(n for n in range(1, 30) if audit.is_sampled("JKJaXmPLvHcESHA=", n, share=0.5))
    before = events(texts)
    assert give(texts, position, "Science", BEN) == give(texts, position, "Science", BEN)
    changed = give(texts, position, "Business", BEN)
    assert (changed["first"], changed["replaced"]) == ("Science", "Science")
    assert events(texts) == before + 2
    [conflict] = summary.document(texts, BEN, days=2, today=NOW.date())["conflicts"]
    assert [one["label"] for one in conflict["labels"]] == ["Health", "Business"]


@pytest.mark.parametrize("sampled", [True, False])
def test_what_was_overtaken_or_deleted_is_not_stored(texts: dal.Texts, sampled: bool) -> None:
    position = max(n for n in range(30) if audit.is_sampled("JKJaXmPLvHcESHA=", n, share=0.5) == sampled)
    item = texts.text("JKJaXmPLvHcESHA=", position)
    assert item is not None
    labels = giving.Labels(texts=texts, erased=NothingErased(), keep_days=10)
    holder = texts.sampled(item) if sampled else None
    now: Any = {"first": "Health", "label": "Health", "times": 1, "time": "2026-11-20T10:00:00.000Z"}
    late: Any = {**now, "times": 7}
    event = labels._event(item, ANA, late, sample=None)
    before = events(texts)
    # Somebody who has read the text before its first label, and ana's other window, which has seen another number.
    unlabelled: Any = {**item, "given": None}
    assert texts.give(unlabelled, _without(holder), labeller="x", before=None, now=now, event=event) is False
    assert texts.give(item, holder, labeller=ANA.id, before=late, now=now, event=event) is False
    key = {"request_id": {"S": item["request_id"]}, "position": {"N": str(position)}}
    texts._dynamodb.delete_item(TableName="requests", Key=key)
    assert texts.give(item, holder, labeller="y", before=None, now=now, event=event) is False
    assert events(texts) == before
    with pytest.raises(Problem, match="no such text"):
        give(texts, position, "Health", BEN)


def _without(holder: Any) -> Any:
    return holder and {name: value for name, value in holder.items() if name != "given"}
