"""An environment in memory, in which any call can be the last of a step that is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from contracts.ab_tests import record
from contracts.ab_tests.live import CHALLENGER, CHAMPION, ITEM_ID, unit_of, variant_of
from contracts.ab_tests.record import Record
from contracts.logs import request_log
from lambda_src.ab_test import changes
from lambda_src.ab_test.environment import AbTestSettings
from lambda_src.ab_test.errors import OvertakenError
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.registry import Package, Serving
from lambda_src.ab_test.store import Stored
from lambda_src.ab_test.transform import Job

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD, NEW = "rubric-dev-1", "rubric-dev-2"
LABELS = ["Business", "Health", "Science"]
BUCKET = "artifacts"


def uri(version: str) -> str:
    return f"s3://{BUCKET}/models/{version}/output/model.tar.gz"


def arn(version: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:000000000000:model-package/rubric-dev/{version[-1]}"


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
            time, text = changes.written(at or self.now), self.text(number)
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

    def labels_asked(self, most: int = 10_000, *, labeller: str = "key1 ann") -> int:
        """Somebody labels what the queue asks for; how many texts."""
        test = self.test()
        asked = record.asked_for(test)[:most] if test["phase"] == record.RUNNING else []
        for each in asked:
            item = self.items.get((each["request_id"], each["position"]))
            if item is not None:
                label = self.truth(int(item["text"].rsplit(" ", 1)[-1]))
                said = {"first": label, "label": label, "times": 1, "time": changes.written(self.now)}
                item["given"] = {labeller: said, **item.get("given", {})}
        return len(asked)

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
            store=_Store(self),
            registry=_Registry(self),
            serving=_Serving(self),
            log=_Log(self),
            challenger=_Challenger(self),
            jobs=_Jobs(self),
            answers=_Answers(self),
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


def settings(**changed: Any) -> AbTestSettings:
    values: dict[str, Any] = {
        **{
            "environment": "dev",
            "artifact_bucket": BUCKET,
            "dataset_bucket": "datasets",
            "request_log_table": "requests",
            "request_log_shards": 4,
        },
        **{"request_log_days": 30, "request_log_text": "store", "approved_model_parameter": "/approved"},
        **{"endpoint_name": "rubric-dev", "model_package_group": "rubric-dev", "promotion_arn": "arn:promotion"},
        **{"approval": "automatic", "job_prefix": "rubric-dev-ab-", "ab_tests_enabled": "yes", "goal": "better"},
        **{"alpha": 0.05, "margin": 0.02, "most_labels": 300, "most_seconds": 86_400, "most_texts": 5_000},
        **{"share": 0.3, "unit": "text", "allocation": "fixed", "least_share": 0.1, "most_share": 0.5},
        **{
            "ab_promote": "ask",
            "replay_instance_type": "ml.c7i.xlarge",
            "challenger_stack_name": "Rubric-dev-Challenger",
            "challenger_resource_types": [],
        },
        "challenger_endpoint_name": "rubric-dev-challenger",
    }
    return AbTestSettings(**{**values, **changed})


class _Store:
    bucket = BUCKET

    def __init__(self, world: World) -> None:
        self._world = world

    def current(self) -> Stored:
        return cast(Stored, self._world.call(self._current))

    def _current(self) -> Stored:
        found = self._world.objects.get(record.CURRENT)
        return Stored(json.loads(found), str(self._world.written)) if found else Stored(None, None)

    def save(self, current: Record, *, etag: str | None) -> str:
        return str(self._world.call(lambda: self._save(current, etag)))

    def _save(self, current: Record, etag: str | None) -> str:
        exists = record.CURRENT in self._world.objects
        if etag is None if exists else etag is not None:
            raise OvertakenError("overtaken")
        if exists and etag != str(self._world.written):
            raise OvertakenError("overtaken")
        self._world.written += 1
        self._world.objects[record.CURRENT] = json.dumps(current).encode()
        return str(self._world.written)

    def archive(self, ended: Record) -> None:
        self._world.call(lambda: self._write(record.archived(ended["test_id"]), json.dumps(ended).encode()))

    def archived(self, test_id: str) -> Record | None:
        found = self.read(record.archived(test_id))
        return json.loads(found) if found else None

    def tests(self, *, most: int) -> list[str]:
        return sorted(key.split("/")[1] for key in self._world.objects if key.endswith("/record.json"))[:most]

    def labels(self, version: str) -> list[str] | None:
        return self._world.labels.get(version)

    def read(self, key: str) -> bytes | None:
        return cast("bytes | None", self._world.call(lambda: self._world.objects.get(key)))

    def write(self, key: str, body: bytes) -> None:
        self._world.call(lambda: self._write(key, body))

    def _write(self, key: str, body: bytes) -> None:
        self._world.objects[key] = body

    def delete_below(self, prefix: str) -> int:
        return int(self._world.call(lambda: self._delete(prefix)))

    def _delete(self, prefix: str) -> int:
        found = [key for key in self._world.objects if key.startswith(prefix)]
        for key in found:
            del self._world.objects[key]
        return len(found)


class _Registry:
    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, version: str) -> Package | None:
        return next(
            (
                p
                for v in sorted(self._world.approvals, reverse=True)
                for p in [self._of(v)]
                if version in (v, p.number, p.arn)
            ),
            None,
        )

    def package(self, package_arn: str) -> Package | None:
        return next((self._of(version) for version in self._world.approvals if arn(version) == package_arn), None)

    def approve(self, package_arn: str, *, note: str) -> None:
        found = self.package(package_arn)
        assert note and found
        self._world.approvals[found.version] = "Approved"

    def _of(self, version: str) -> Package:
        approval = self._world.approvals[version]
        named = {"arn": arn(version), "number": version[-1], "version": version, "artifact_uri": uri(version)}
        return Package(**named, approval=approval, digest="")


class _Serving:
    def __init__(self, world: World) -> None:
        self._world = world

    def approved(self) -> str:
        return self._world.approved

    def now(self) -> Serving:
        return Serving(self._world.approved, self._world.served, self._world.changing)


class _Log:
    def __init__(self, world: World) -> None:
        self._world = world

    def _placed(self) -> list[dict[str, Any]]:
        placed = [item for item in self._world.items.values() if "place" in item]
        return sorted(placed, key=lambda item: item["place"])

    def newest(self, *, until: str, days: int) -> Iterator[Any]:
        assert days == 30
        return iter([dict(item) for item in reversed(self._placed()) if item["place"] < until])

    def after(self, place: str, *, until: str) -> Iterator[Any]:
        return iter([dict(item) for item in self._placed() if place < item["place"] < until])

    def items(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Any]:
        return {key: dict(self._world.items[key]) for key in keys if key in self._world.items}

    def split(self, test: Any) -> None:
        self._world.call(lambda: self._world.items.update({(ITEM_ID, 0): dict(test)}))

    def unite(self) -> None:
        self._world.call(lambda: self._world.items.pop((ITEM_ID, 0), None))


class _Challenger:
    endpoint_name = "rubric-dev-challenger"

    def __init__(self, world: World) -> None:
        self._world = world

    def ask(self, artifact_uri: str, *, serve: bool, token: str) -> None:
        self._world.call(lambda: self._update(artifact_uri, serve, token))

    def remove(self, *, token: str) -> None:
        self._world.call(lambda: self._update("none", False, token))

    def _update(self, artifact_uri: str, serve: bool, token: str) -> None:
        stack = self._world.stack
        if stack["busy"] or token in stack["tokens"] or (stack["artifact"], stack["serve"]) == (artifact_uri, serve):
            return
        wanted = {"artifact": artifact_uri, "serve": serve}
        stack["tokens"][token] = self._world.refusals.pop(0) if self._world.refusals else ""
        failed = bool(stack["tokens"][token])
        stack |= {"busy": 1, "newest": token, "to": {} if failed else wanted}

    def state(self, *, token: str) -> Any:
        stack = self._world.stack
        if stack["busy"]:
            return "changing", ""
        if stack["newest"] == token and stack["tokens"][token]:
            return "failed", stack["tokens"][token]
        return ("none" if stack["artifact"] == "none" else "ready"), ""

    def model_name(self) -> str:
        return "the-challenger"


class _Jobs:
    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, name: str, *, model: str, source: str, output: str) -> None:
        assert model == "the-challenger"
        job = {"status": "InProgress", "source": source, "output": output}
        self._world.call(lambda: self._world.jobs.setdefault(name, job))

    def describe(self, name: str) -> Job | None:
        found = self._world.jobs.get(name)
        return Job(**found, reason=self._world.job_failure) if found else None

    def stop(self, name: str) -> None:
        self._world.call(lambda: self._world.jobs[name].update(status="Stopping"))


class _Answers:
    def __init__(self, world: World) -> None:
        self._world = world

    def labels(self, endpoint: str, texts: Sequence[str]) -> list[str]:
        return list(self._world.call(lambda: self._labels(endpoint, texts)))

    def _labels(self, endpoint: str, texts: Sequence[str]) -> list[str]:
        version = NEW if endpoint == _Challenger.endpoint_name else OLD
        self._world.asked += [(endpoint, text) for text in texts]
        return [self._world.answer(version, text) for text in texts]


def context(**more: Any) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000, aws_request_id="1", **more)
