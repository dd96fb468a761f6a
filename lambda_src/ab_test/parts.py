"""What the steps of an A/B test work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from contracts.ab_tests.live import LiveTest
from contracts.ab_tests.record import Record
from contracts.logs.request_log import Item
from lambda_src.ab_test.environment import AbTestSettings
from lambda_src.ab_test.registry import Package, Serving
from lambda_src.ab_test.store import Stored
from lambda_src.ab_test.transform import Job

Key = tuple[str, int]
State = Literal["none", "changing", "ready", "failed"]


class StorePort(Protocol):
    """The artifact bucket (store.Store)."""

    bucket: str

    def current(self) -> Stored: ...
    def save(self, current: Record, *, etag: str | None) -> str: ...
    def archive(self, ended: Record) -> None: ...
    def archived(self, test_id: str) -> Record | None: ...
    def tests(self, *, most: int) -> list[str]: ...
    def labels(self, version: str) -> list[str] | None: ...
    def read(self, key: str) -> bytes | None: ...
    def write(self, key: str, body: bytes) -> None: ...
    def delete_below(self, prefix: str) -> int: ...


class RegistryPort(Protocol):
    """The model registry (registry.Registry)."""

    def find(self, version: str) -> Package | None: ...
    def package(self, arn: str) -> Package | None: ...
    def approve(self, arn: str, *, note: str) -> None: ...


class ServingPort(Protocol):
    """Which model serves (registry.ServingModel)."""

    def approved(self) -> str: ...
    def now(self) -> Serving: ...


class LogPort(Protocol):
    """The request log (log.Log)."""

    def newest(self, *, until: str, days: int) -> Iterator[Item]: ...
    def after(self, place: str, *, until: str) -> Iterator[Item]: ...
    def items(self, keys: Sequence[Key]) -> dict[Key, Item]: ...
    def split(self, test: LiveTest) -> None: ...
    def unite(self) -> None: ...


class ChallengerPort(Protocol):
    """The challenger's resources (challenger.Challenger)."""

    endpoint_name: str

    def ask(self, artifact_uri: str, *, serve: bool, token: str) -> None: ...
    def remove(self, *, token: str) -> None: ...
    def state(self, *, token: str) -> tuple[State, str]: ...
    def model_name(self) -> str: ...


class JobsPort(Protocol):
    """Transform jobs (transform.Jobs)."""

    def start(self, name: str, *, model: str, source: str, output: str) -> None: ...
    def describe(self, name: str) -> Job | None: ...
    def stop(self, name: str) -> None: ...


class AnswersPort(Protocol):
    """The models' answers (answers.Answers)."""

    def labels(self, endpoint: str, texts: Sequence[str]) -> list[str]: ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """learnt: identities of the texts that a model version has learnt from; raises RowsUnknownError. promote: starts
    the promotion of a package, compared with an artifact; the execution's ARN. fault: why a package's artifact is not
    the registered one, or "". has_time: whether the function may begin another part. new_id: eight hexadecimal digits
    that nobody else has.
    """

    settings: AbTestSettings
    store: StorePort
    registry: RegistryPort
    serving: ServingPort
    log: LogPort
    challenger: ChallengerPort
    jobs: JobsPort
    answers: AnswersPort
    learnt: Callable[[str], frozenset[str]]
    promote: Callable[[str, Mapping[str, Any]], str]
    fault: Callable[[Package], str]
    now: Callable[[], datetime]
    has_time: Callable[[], bool]
    new_id: Callable[[], str]
