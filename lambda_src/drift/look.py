"""One look: counts what the log has since the last one, part by part, and can be stopped at any point.

What was counted and how far are one object, written only if it is still the one that was read. So a look that is
killed loses what it did since its last write, and the next one does that again; two looks at once count nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

from contracts.logs import drift_report, request_log
from contracts.logs.drift_report import CLOCK, DONE, OVERTAKEN, TIME, Promise
from contracts.logs.request_log import Item
from contracts.models.baseline import Baseline, BaselineError
from lambda_src.common.times import written
from lambda_src.drift.log import Key
from lambda_src.drift.models import Model, is_counted
from lambda_src.drift.statistics.monitor import StateError
from lambda_src.drift.store import OvertakenError, ReferenceMissingError, StoredState

# Texts between two writes of the state.
PART = 5_000
# How far back the first look of an environment goes at most.
_FIRST = timedelta(days=30)
# How far the place of the newest text may lie behind: without it, a clock that was wrong for a moment would hide texts.
_BEHIND = timedelta(days=1)
# Of how many model versions the state is kept; answers of others are the newest.
MOST_MODELS = 8


class LogPort(Protocol):
    """The request log (log.Log)."""

    def requests(self, *, after: str, until: str) -> Iterator[list[Item]]: ...
    def late(self, *, after: str, until: str) -> Iterator[Item]: ...
    def texts(self, keys: Sequence[Key]) -> dict[Key, Item]: ...


class StorePort(Protocol):
    """The state and the references (store.Store)."""

    def state(self) -> StoredState: ...
    def save(self, document: dict[str, Any], *, etag: str | None) -> str: ...
    def reference(self, model_version: str) -> Baseline: ...


@dataclass(frozen=True, kw_only=True)
class LookResult:
    """ended: DONE, TIME (the next look goes on), OVERTAKEN (another look counts) or CLOCK (nothing can be new).

    texts: counted by this look. until: the time to which the log was counted. behind: how far that is before the end
    of what may be counted, seconds.
    """

    ended: str
    texts: int
    until: str
    behind: int


class Look:
    """The state as it is read, and how to go on from it.

    promise: of models that are counted from now on. keep_days: of the log. settle: how old a request must be.
    """

    def __init__(
        self,
        log: LogPort,
        store: StorePort,
        *,
        promise: Promise,
        keep_days: int,
        settle: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._log, self._store = log, store
        self._promise, self._settle, self._now = promise, settle, now
        stored = store.state()
        first = written(now() - min(_FIRST, timedelta(days=keep_days)))
        state = stored.document or {"counted": first, "counted_late": first, "current": "", "models": {}}
        self._etag = stored.etag
        self._counted, self._counted_late = str(state["counted"]), str(state["counted_late"])
        self.current = str(state["current"])
        self.models: dict[str, Model] = {}
        self._texts = 0
        for version, document in state["models"].items():
            self._known(version, document)

    def run(self, *, has_time: Callable[[], bool]) -> LookResult:
        """Count up to now, or until there is no more time. Raises what log and store raise."""
        until = written(self._now() - self._settle)
        if until <= request_log.time_of(self._counted):
            return self._result(CLOCK, until)
        try:
            ended = self._run(until, has_time)
        except OvertakenError:
            return self._result(OVERTAKEN, until)
        return self._result(ended, until)

    def reported(self) -> None:
        """Note that all models' reports are written. Raises OvertakenError."""
        for model in self.models.values():
            model.unreported = False
        self._save()

    def _run(self, until: str, has_time: Callable[[], bool]) -> str:
        for part in _parts(self._log.requests(after=self._counted, until=until)):
            if not has_time():
                return TIME
            self._count([[_key(item) for item in request] for request in part], late=False)
            self._counted = part[-1][-1]["place"]
            self._save()
        for part in _parts(list(one) for _, one in groupby(self._late(until), key=_of_request)):
            if not has_time():
                return TIME
            self._count([[request_log.late_text(item) for item in request] for request in part], late=True)
            self._counted_late = part[-1][-1]["place"]
            self._save()
        # Where nothing came for long, go on from later: each day between is read again at every look.
        recently = written(self._now() - self._settle - _BEHIND)
        self._counted, self._counted_late = max(self._counted, recently), max(self._counted_late, recently)
        return DONE

    def _late(self, until: str) -> Iterator[Item]:
        return self._log.late(after=self._counted_late, until=until)

    def _count(self, keys: list[list[Key]], *, late: bool) -> None:
        """Count the requests whose texts have these keys, each for the model that answered it."""
        found = self._log.texts([key for request in keys for key in request])
        by_model: dict[str, list[list[Item]]] = {}
        for request in keys:
            texts = [found[key] for key in request if key in found and is_counted(found[key])]
            # A text of which both are known, that it came late and its usual place, is in that place.
            texts = [text for text in texts if request_log.is_late(text["place"]) == late]
            for version in dict.fromkeys(text["model_version"] for text in texts):
                by_model.setdefault(version, []).append([t for t in texts if t["model_version"] == version])
                self.current = self.current if late else version
            self._texts += len(texts)
        for version, requests in by_model.items():
            self._model(version).count(requests, late=late)
        self._forget()

    def _model(self, version: str) -> Model:
        return self.models.get(version) or self._known(version, None)

    def _known(self, version: str, document: dict[str, Any] | None) -> Model:
        """The model of the state's document, with its reference; a new one if there is none, or another promise."""
        model, monitor = Model.started(version, promise=self._promise), None
        if document is not None and document["promise"] == self._promise:
            model, monitor = Model.of(version, document), document["monitor"]
        try:
            reference = self._store.reference(version)
            try:
                model.compare_with(reference, monitor)
            except StateError:
                # Another release made the state: what it has counted cannot be gone on from.
                model = Model.started(version, promise=self._promise)
                model.compare_with(reference, None)
        except ReferenceMissingError as error:
            model.fault = (drift_report.NO_REFERENCE, str(error))
        except BaselineError as error:
            model.fault = (drift_report.UNREADABLE, _sentence(str(error)))
        self.models[version] = model
        return model

    def _forget(self) -> None:
        """Keep the models that answered last."""
        oldest = sorted(self.models.values(), key=lambda model: (model.version == self.current, model.until))
        for model in oldest[:-MOST_MODELS]:
            del self.models[model.version]

    def _save(self) -> None:
        document = {
            "counted": self._counted,
            "counted_late": self._counted_late,
            "current": self.current,
            "models": {version: model.document() for version, model in self.models.items()},
        }
        self._etag = self._store.save(document, etag=self._etag)

    def _result(self, ended: str, until: str) -> LookResult:
        reached = until if ended == DONE else min(until, request_log.time_of(self._counted))
        behind = (datetime.fromisoformat(until) - datetime.fromisoformat(reached)).total_seconds()
        return LookResult(ended=ended, texts=self._texts, until=reached, behind=int(behind))


def _parts(requests: Iterable[list[Item]]) -> Iterator[list[list[Item]]]:
    """The requests in parts of about PART texts."""
    part: list[list[Item]] = []
    texts = 0
    for request in requests:
        part.append(request)
        texts += len(request)
        if texts >= PART:
            yield part
            part, texts = [], 0
    if part:
        yield part


def _key(item: Item) -> Key:
    return item["request_id"], int(item["position"])


def _of_request(item: Item) -> str:
    return request_log.late_text(item)[0]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
