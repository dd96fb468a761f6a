"""The parts of a step, in memory: each call is one of the world's, which can kill the step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from contracts.ab_tests import record
from contracts.ab_tests.live import ITEM_ID
from contracts.ab_tests.record import Record
from lambda_src.ab_test.errors import OvertakenError
from lambda_src.ab_test.registry import Package, Serving
from lambda_src.ab_test.store import Stored
from lambda_src.ab_test.transform import Job
from tests.unit.lambda_src.ab_test.environment import BUCKET, NEW, OLD, arn, uri

if TYPE_CHECKING:
    from tests.unit.lambda_src.ab_test.world import World


class StorePart:
    """The artifact bucket's objects, which are the world's."""

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


class RegistryPart:
    """The registry: a package for each of the world's versions."""

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
        self._world.call(lambda: self._approve(found.version, note))

    def _approve(self, version: str, note: str) -> None:
        self._world.approvals[version], self._world.notes[version] = "Approved", note
        if self._world.settings.get("approval") == "manual":  # the registry's rule
            self._world.promotions[f"rule-{version}-{len(self._world.promotions)}"] = {}

    def _of(self, version: str) -> Package:
        approval = self._world.approvals[version]
        named = {"arn": arn(version), "number": version[-1], "version": version, "artifact_uri": uri(version)}
        return Package(**named, approval=approval, digest="", note=self._world.notes.get(version, ""))


class ServingPart:
    """What the world serves."""

    def __init__(self, world: World) -> None:
        self._world = world

    def approved(self) -> str:
        return self._world.approved

    def now(self) -> Serving:
        return Serving(self._world.approved, self._world.served, self._world.changing)


class LogPart:
    """The request log: the world's items."""

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


class ChallengerPart:
    """The stack of the challenger, which changes while time passes."""

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


class JobsPart:
    """Transform jobs, which run while time passes."""

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


class AnswersPart:
    """The two endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world

    def labels(self, endpoint: str, texts: Sequence[str]) -> list[str]:
        return list(self._world.call(lambda: self._labels(endpoint, texts)))

    def _labels(self, endpoint: str, texts: Sequence[str]) -> list[str]:
        version = NEW if endpoint == ChallengerPart.endpoint_name else OLD
        self._world.asked += [(endpoint, text) for text in texts]
        return [self._world.answer(version, text) for text in texts]
