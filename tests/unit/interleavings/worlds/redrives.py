"""Runs the real redrive, an operator's erasure and `rubric parked --return` on a queue that delivers repeatedly."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from environments.settings import Settings, load
from lambda_src.common import aws, erased
from lambda_src.redrive import erased as kept
from lambda_src.redrive import handler as redrive
from ops.deployment.cloud import ROOT
from ops.erase import erasure as erase_run
from ops.erase import queues as erase_queues
from ops.erase import tables as erase_tables
from ops.erase import tombstones
from ops.erase.targets import Target, of_text
from ops.monitoring import parked_items
from tests.unit.interleavings.explorer import deviating
from tests.unit.interleavings.explorer.bench import Bench
from tests.unit.interleavings.explorer.engine import Call, Client, Clock, Function
from tests.unit.interleavings.fakes.log_stores import (
    ERASED,
    LOG,
    PARKED,
    VISIBLE_AGAIN,
    WAITING,
    Paginating,
    Queues,
    Tables,
)
from tests.unit.interleavings.worlds.log_records import GONE, MESSAGES, item, items_of_all

_TABLES = {"RequestLogTableName": LOG, "ErasedTableName": ERASED, "DatasetBucketName": "d", "ArtifactBucketName": "a"}
_OTHER_STORES = tuple(name for name in erase_run.STORES if name not in (erase_run.LOG, "dead letters"))
_FUNCTION_SECONDS, _BATCH, _AT_ONCE = 10.0, 3, 2
# A message is delivered again after a failure, and then once more.
_IN_TIME = 3 * VISIBLE_AGAIN
HIDDEN_SECONDS = 901.0  # after an erasure died, the messages that it had read stay hidden for this long
EVENTS = ("erase", "return", "double", "busy")
VARIABLES = {
    "ENVIRONMENT": "dev",
    "POWERTOOLS_SERVICE_NAME": "rubric-test",
    "POWERTOOLS_METRICS_NAMESPACE": "Rubric",
    "REQUEST_LOG_TABLE": LOG,
    "ERASED_TABLE": ERASED,
    "PARKED_URL": PARKED,
}


class Run:
    """Runs until all five messages are gone. erased_at: when an erasure begins, in seconds from the start; by_text:
    whether it erases a text or a request.
    """

    def __init__(
        self, deviations: Mapping[int, str] | None = None, *, erased_at: float | None = None, by_text: bool = False
    ) -> None:
        self.clock = Clock()
        self.tables, self.queues = Tables(self.clock), Queues(self.clock)
        self.bench = Bench(self._make, deviations, clock=self.clock)
        self.bench.events = {
            "erase": self._begin_erasure, "return": self._return, "double": self._double, "busy": self._be_busy,
        }  # fmt: skip
        self.faults: list[str] = []
        self._by_text, self._erased_at = by_text, erased_at
        self._targets: list[Target] = []
        self._erased = self._unfinished = False
        self._at_work = 0
        self._clients = {
            "dynamodb": Paginating(Client("dynamodb", direct=self._make)), "sqs": Client("sqs", direct=self._make),
        }  # fmt: skip
        for items in MESSAGES:
            body = items if isinstance(items, str) else json.dumps({"table": "before", "items": items})
            self.queues.send_message(QueueUrl=WAITING, MessageBody=body)
        # Feedback may arrive before its request.
        key = {"request_id": {"S": "a"}, "position": {"N": "0"}}
        self.tables.put_item(TableName=LOG, Item={**key, "feedback_label": {"S": "Sport"}})
        self.tables.put_item(TableName=LOG, Item=item(GONE, 3))

    def run(self) -> list[str]:
        """Runs to the end; returns the errors."""
        with self._installed():
            self._deliver()
            if self._erased_at is not None:
                self.bench.at(self.bench.began + self._erased_at, self._begin_erasure)
            if not self.bench.run():
                return [*self.faults, "it never ends"]
            if self._targets:
                if self._erased and self._left(self.tables.items[LOG].values()):
                    self.faults.append("the log has what was erased before")
                # As the erasure advises when messages were hidden, and after it was killed.
                for _ in range(4):
                    if self._unfinished:
                        self.bench.at(self.clock.now + HIDDEN_SECONDS, self._erase)
                        self.bench.run()
            self._judge()
        return self.faults

    def _make(self, call: Call) -> Any:
        stores = {"dynamodb": self.tables, "sqs": self.queues}
        return getattr(stores[call.service], call.operation)(**call.arguments)

    # The event source: at most two batches at once; deletes each message not reported as failed

    def _deliver(self) -> None:
        while self._at_work < _AT_ONCE:
            messages = self.queues.receive_message(QueueUrl=WAITING, MaxNumberOfMessages=_BATCH).get("Messages", [])
            if not messages:
                break
            self._at_work += 1
            event = {"Records": [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]}
            context = SimpleNamespace(
                function_name="redrive", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="r"
            )
            work = partial(redrive.handler, event, context)
            self.bench.start("redrive", work, limit=_FUNCTION_SECONDS, then=partial(self._delivered, messages))

    def _delivered(self, messages: list[dict[str, Any]], function: Function) -> None:
        self._at_work -= 1
        if function.error is None:
            failed = {each["itemIdentifier"] for each in function.result["batchItemFailures"]}
            for each in messages:
                if each["MessageId"] not in failed:
                    self.queues.delete_message(QueueUrl=WAITING, ReceiptHandle=each["ReceiptHandle"])
        if self.queues.messages[WAITING]:
            self.bench.at(self.clock.now + VISIBLE_AGAIN + 1, self._deliver)
        self._deliver()

    # Events that may come before a call

    def _begin_erasure(self) -> None:
        if not self._targets:
            at = self.clock.moment().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._targets = [Target("request", GONE, at)]
            if self._by_text:
                self._targets = of_text(f"text {GONE}", at=at)
            self._erase()

    def _erase(self) -> None:
        stacks = SimpleNamespace(
            need=lambda name: _TABLES.get(name, "none"),
            get={"LogDeadLettersUrl": WAITING, "LogParkedUrl": PARKED}.get,
        )
        cloud: Any = SimpleNamespace(
            client=self._clients.get, stacks=stacks, settings=SimpleNamespace(data=_settings().data)
        )
        erasure = erase_run.Erasure(cloud, self._targets, skip=_OTHER_STORES, show=lambda *_: None)

        def then(function: Function) -> None:
            done = function.error is None
            self._erased = self._erased or done
            self._unfinished = not done or any("in 15 minutes" in report.note for report in function.result.reports)
            if self.queues.messages[WAITING]:
                self.bench.at(self.clock.now + HIDDEN_SECONDS, self._deliver)

        self.bench.start("erase", lambda: erasure.erase(sleep=self._sleep), limit=1e9, then=then, first=True)

    def _return(self) -> None:
        """`rubric parked --return`."""
        work = partial(parked_items.put_back, self._clients["sqs"], url=PARKED, to=WAITING)
        again = lambda _: self.bench.at(self.clock.now + 601, self._deliver)  # noqa: E731
        self.bench.start("return", work, limit=1e9, then=again, first=True)

    def _double(self) -> None:
        """SQS delivers the last messages once more."""
        for message in self.queues.messages[WAITING]:
            message.visible = 0.0
        self._deliver()

    def _be_busy(self) -> None:
        self.tables.busy = 100

    # Invariants

    def _judge(self) -> None:
        log = self.tables.items[LOG]
        valid = [each for each in items_of_all() if "latency_ms" not in each]
        for each in valid:
            key = (each["request_id"]["S"], each["position"]["N"])
            if key[0] == GONE and self._targets:
                continue
            wanted = {**each, **({"feedback_label": {"S": "Sport"}} if key == ("a", "0") else {})}
            if log.pop(key, None) != wanted:
                self.faults.append(f"{key} is not in the log as it was")
            elif self.tables.first_written.get(key, 0.0) > self.bench.began + _IN_TIME:
                self.faults.append(f"{key} was held up")
        others = [key for key in log if key != (GONE, "3") or self._targets]
        if others:
            self.faults.append(f"the log has {others}, which do not belong there")
        self._judge_parked()
        if self.queues.messages[WAITING]:
            self.faults.append("messages wait for ever")

    def _judge_parked(self) -> None:
        found = [each.body for each in self.queues.messages[PARKED]]
        if self._targets and any(GONE in body for body in found):
            self.faults.append("what was erased is parked")
        wanted = ["no item", "no json", "never", *([] if self._targets else [GONE])]
        self.clock.now += HIDDEN_SECONDS
        shown = parked_items.look(self._clients["sqs"], url=PARKED)
        for text in wanted:
            if sum(text in body for body in set(found)) != 1:
                self.faults.append(f"{text!r} is parked {sum(text in body for body in set(found))} times")
        if len(shown) != len(set(found)) or len(shown) != 3:
            self.faults.append(f"{len(shown)} messages are shown as parked")

    def _left(self, items: Any) -> bool:
        return any(each["request_id"]["S"] == GONE for each in items)

    # Clients and clocks

    def _sleep(self, seconds: float) -> None:
        if seconds:
            Client("clock", direct=lambda call: None).sleep(seconds=seconds)

    @contextmanager
    def _installed(self) -> Iterator[None]:
        clock = SimpleNamespace(time=self.clock.time, monotonic=self.clock.time, sleep=self._sleep)
        now = SimpleNamespace(now=lambda zone: self.clock.moment(), fromisoformat=datetime.fromisoformat)
        with (
            mock.patch.object(aws, "client", lambda service, **_: self._clients[service]),
            mock.patch.object(tombstones, "datetime", now),
            mock.patch.object(erase_run.leftovers, "of", lambda cloud, known: []),
        ):
            patches = [mock.patch.object(each, "time", clock) for each in _TIMED]
            for patch in patches:
                patch.start()
            _forget()
            try:
                yield
            finally:
                for patch in patches:
                    patch.stop()
                _forget()


_TIMED = (erased, kept, parked_items, erase_queues, erase_tables)


def _forget() -> None:
    for made in (redrive._settings, redrive._table, redrive._erased, redrive._parking):
        made.cache_clear()


@cache
def _settings() -> Settings:
    return load("dev", root=ROOT)


@contextmanager
def configured() -> Iterator[None]:
    """Sets the handler's environment; its log and metrics are discarded."""
    level = redrive.logger.log_level
    redrive.logger.setLevel("CRITICAL")
    try:
        with mock.patch.dict(os.environ, VARIABLES), redirect_stdout(io.StringIO()):
            yield
    finally:
        redrive.logger.setLevel(level)


def explore(*, every: int = 1, first: bool = False, **options: Any) -> tuple[list[str], int]:
    """Like `deviating.once`. options: those of Run."""
    return deviating.once(partial(Run, **options), *EVENTS, every=every, first=first)
