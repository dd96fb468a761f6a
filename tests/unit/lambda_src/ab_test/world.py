"""An environment in memory, in which any call can be the last of a step that is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from contracts.ab_tests import record
from contracts.ab_tests.live import CHALLENGER, CHAMPION, ITEM_ID, unit_of, variant_of
from contracts.ab_tests.record import Record
from contracts.logs import request_log
from lambda_src.ab_test.parts import Parts
from lambda_src.common.times import written
from tests.unit.lambda_src.ab_test.environment import BUCKET, LABELS, NEW, NOW, OLD, settings, uri
from tests.unit.lambda_src.ab_test.fakes import (
    AnswersPart,
    ChallengerPart,
    JobsPart,
    LogPart,
    RegistryPart,
    ServingPart,
    StorePart,
)


class Killed(BaseException):
    """The step's process is gone: nothing in it may catch this."""


class World:
    """truth: the label of a text by its number. wrong: the versions' numbers of texts that they get wrong."""

    def __init__(self, *, wrong: Mapping[str, Callable[[int], bool]], **settings: Any) -> None:
        self.now = NOW
        self.wrong = dict(wrong)
        self.settings = settings
        self.objects: dict[str, bytes] = {}
        self.written = 0
        self.items: dict[tuple[str, int], dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []  # (endpoint, text)
        self.labels = {OLD: LABELS, NEW: LABELS}
        self.approvals = {OLD: "Approved", NEW: "Approved"}
        self.notes: dict[str, str] = {}  # of the approvals
        self.approved, self.served, self.changing = uri(OLD), uri(OLD), False
        self.jobs: dict[str, dict[str, str]] = {}
        self.job_failure = ""
        self.stack: dict[str, Any] = {"artifact": "none", "serve": False, "tokens": {}, "newest": "", "busy": 0}
        self.refusals: list[str] = []  # reasons for which the next updates of the stack are rolled back
        self.promotions: dict[str, dict[str, Any]] = {}
        self.damaged = ""
        self.learnt: dict[str, frozenset[str]] = {}
        self.calls = 0
        self.last: int | None = None  # the call that is the last one of its step
        self.after = False
        self.ids = 0

    # What happens in the environment.

    def text(self, number: int) -> str:
        return f"text number {number}"

    def truth(self, number: int) -> str:
        return LABELS[number % 3]

    def answer(self, version: str, text: str) -> str:
        number = int(text.rsplit(" ", 1)[-1])
        wrong = self.wrong[version](number)
        return LABELS[(number + 1) % 3] if wrong else self.truth(number)

    def logs(self, numbers: Sequence[int], *, prefix: str = "r", at: datetime | None = None) -> None:
        """Classifies texts as the classify function does: with a live test, by its split."""
        live = self.items.get((ITEM_ID, 0))
        for number in numbers:
            time, text = written(at or self.now), self.text(number)
            variant, own = CHAMPION, {}
            if live and self.now.timestamp() < live["ends_at"]:
                unit = unit_of(text, "key", unit=live["unit"])
                variant = variant_of(unit, salt=live["salt"], share=live["share"])
                own = {"ab_test": live["test_id"], "assigned": variant, "unit": unit[:16]}
            version = NEW if variant == CHALLENGER else next(v for v in (OLD, NEW) if uri(v) == self.served)
            place = request_log.place_of(time, f"{prefix}{number}", 0)
            self.items[f"{prefix}{number}", 0] = {
                **{"request_id": f"{prefix}{number}", "position": 0, "time": time, "place": place, "status": 200},
                **{"text": text, "label": self.answer(version, text), "model_version": version, "variant": variant},
                **{"latency_ms": 20.0 if variant == CHAMPION else 40.0, "confidence": 0.9, **own},
            }

    def labels_asked(self, most: int = 10_000, *, labeller: str = "key1 ann", trusted: bool = True) -> int:
        """Somebody labels what the queue asks for; how many texts."""
        test = self.test()
        asked = record.asked_for(test)[:most] if test["phase"] == record.RUNNING else []
        for each in asked:
            item = self.items.get((each["request_id"], each["position"]))
            if item is not None:
                label = self.truth(int(item["text"].rsplit(" ", 1)[-1]))
                item["given"] = {labeller: self.said(label, trusted=trusted), **item.get("given", {})}
        return len(asked)

    def said(self, label: str, *, trusted: bool = True) -> dict[str, Any]:
        """A label that somebody gives now."""
        time = written(self.now)
        return {"first": label, "label": label, "times": 1, "time": time, "first_time": time, "trusted": trusted}

    def passes(self, *, minutes: float = 1) -> None:
        """Time passes: what CloudFormation and SageMaker were doing is done."""
        self.now += timedelta(minutes=minutes)
        if self.stack["busy"]:
            self.stack |= {"busy": 0, **self.stack["to"]}
        for job in self.jobs.values():
            if job["status"] in ("InProgress", "Stopping"):
                fails = self.job_failure or job["source"].removeprefix(f"s3://{BUCKET}/") not in self.objects
                ended = "Stopped" if job["status"] == "Stopping" else "Failed" if fails else "Completed"
                job["status"] = ended
                if ended == "Completed":
                    self._classify(job)

    def test(self) -> Record:
        return cast(Record, json.loads(self.objects[record.CURRENT]))

    def left_over(self) -> dict[str, Any]:
        """What an ended test must not leave behind."""
        texts = [key for key in self.objects if key.startswith("batch/") or "/seen/" in key]
        return {"artifact": self.stack["artifact"], "split": (ITEM_ID, 0) in self.items, "objects": texts}

    def _classify(self, job: dict[str, str]) -> None:
        source = self.objects[job["source"].removeprefix(f"s3://{BUCKET}/")].decode().splitlines()
        answers = [json.dumps({"predicted_label": self.answer(NEW, json.loads(line)["inputs"])}) for line in source]
        target = job["output"].removeprefix(f"s3://{BUCKET}/")
        self.objects[f"{target}/texts.jsonl.out"] = "\n".join(answers).encode()

    # The parts of a step.

    def call(self, make: Callable[[], Any]) -> Any:
        self.calls += 1
        kill = self.last is not None and self.calls == self.last
        if kill and not self.after:
            raise Killed
        answer = make()
        if kill:
            raise Killed
        return answer

    def parts(self) -> Parts:
        return Parts(
            settings=settings(**self.settings),
            store=StorePart(self),
            registry=RegistryPart(self),
            serving=ServingPart(self),
            log=LogPart(self),
            challenger=ChallengerPart(self),
            jobs=JobsPart(self),
            answers=AnswersPart(self),
            learnt=lambda version: self.learnt.get(version, frozenset()),
            promote=lambda name, given: self.call(lambda: self._promote(name, given)),
            fault=lambda package: self.damaged,
            now=lambda: self.now,
            has_time=lambda: True,
            new_id=self._new_id,
        )

    def _new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:08x}"

    def _promote(self, name: str, given: Mapping[str, Any]) -> str:
        self.promotions.setdefault(name, dict(given))
        assert self.promotions[name] == given
        return f"arn:execution:{name}"
