"""`make demo-loop`: the world moves; drift is found, a better model is trained, tested and served.

`--poison` shows the opposite: a batch of wrong examples from one key is quarantined, and no model changes.
"""

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from contracts.ab_tests import record
from contracts.api.scopes import LABEL
from contracts.models.progress import Progress
from local.demo import override, rubric_command
from local.demo.api_client import ApiClient
from local.demo.loop import headlines, steps, traffic, view
from local.demo.loop.desk import Desk
from local.deployment import state
from local.errors import CliError
from local.screen.board import Board
from local.screen.views import shown
from local.workspace import Workspace

_TRAFFIC, _LABELS, _JUDGED = 480, 160, 240
_LEARNT = 0.9  # share of right answers from which on there is nothing to find
_POISON, _WRONG = 80, "Health"
_SEED = 20261130


class Loop:
    """One run."""

    def __init__(self, workspace: Workspace, console: Console) -> None:
        self._workspace = workspace
        self._console = console
        self._board = Board()
        self._steps: list[view.Step] = []
        self._said = ""

    def run(self) -> None:
        """Go round once, and print what happened. Raises CliError with the step that ended it."""
        client, system = self._ready()
        first, tested = system.served(), _accuracy(client)
        with shown(self._board, self._console):
            before, known = self._world_moves(client)
            with self._step("drift", "drift is found"):
                report = system.drift(told=self._tell)
                moved = [stream["name"].replace("_", " ") for stream in report["streams"] if stream["alarm"]]
                self._said = f"{', '.join(moved)} moved, after {report['counted']['requests']} requests"
            desk = self._desk(known)
            with self._step("labels", "people label"):
                given = desk.label(most=_LABELS, told=self._count)
                self._said = f"{given} texts labelled, blind, by two people"
            run = self._retraining(system)
            version = self._training(system, run)
            self._test(system, desk)
            with self._step("promotion", "the better model is served"):
                system.serving(version, told=self._tell)
                self._said = f"{version}, after its canary"
            with self._step("judge", "fresh texts are answered"):
                fresh = itertools.islice(headlines.headlines(_TRAFFIC + _JUDGED, seed=_seed(first)), _TRAFFIC, None)
                after = traffic.send(client, list(fresh), told=self._count)
                self._said = f"{_JUDGED} texts that no model has seen"
        accuracies = [
            view.Accuracies("the new topics, as callers got them", before, after),
            view.Accuracies("each model's own test texts", tested, _accuracy(client)),
        ]
        last = f"{first} was replaced by {version}. Who caused what: {self._command} history --since 1d"
        view.show(self._console, steps=self._steps, accuracies=accuracies, last=last)

    def poison(self) -> None:
        """Send a poisoned batch, and show that nothing is learnt from it. Raises CliError if something is."""
        _, system = self._ready()
        first = system.served()
        with shown(self._board, self._console):
            with self._step("before", "what would be learnt before"):
                before = system.rubric("data", "show", "next")
                self._said = f"{before['new']} new rows, {sum(before['quarantined'].values())} in quarantine"
            with self._step("poison", "one caller sends wrong examples"):
                name = f"stranger-{int(time.time())}"
                key = rubric_command.create_key(self._workspace, name=name, scopes=("examples",))
                wrong = [
                    {"text": text, "label": _WRONG}
                    for text, label in headlines.headlines(2 * _POISON, seed=_seed(name))
                    if label != _WRONG
                ][:_POISON]
                ApiClient(url=self._url(), key=str(key["key"])).examples(wrong)
                self._said = f"{len(wrong)} headlines, all under {_WRONG}"
            with self._step("ledger", "the ledger judges them"):
                found = system.rubric("data", "show", "next")
                more = sum(found["quarantined"].values()) - sum(before["quarantined"].values())
                # The others are texts whose label trusted people have given already.
                self._said = f"{more} more rows are in quarantine, none more would be learnt"
                if not more or found["new"] > before["new"]:
                    raise CliError(f"Of the poisoned rows {found['new'] - before['new']} would be learnt.")
            with self._step("retraining", "retraining decides"):
                made = system.decided()
                self._said = f"{made['outcome']}: {made['reason']}"
                if steps.trains(made):
                    raise CliError(f"Poisoned rows started a run: {made['reason']}")
        if system.served() != first:
            raise CliError(f"The model changed: {first} served before.")
        last = f"{first} serves as before. The rows that wait: {self._command} data review"
        view.show(self._console, steps=self._steps, accuracies=[], last=last)

    def _ready(self) -> tuple[ApiClient, steps.System]:
        deployment = state.read(self._workspace)
        if not (deployment.running and deployment.api_url and deployment.api_key and deployment.model_version):
            raise CliError("The demo is not running: `make demo` first")
        if override.apply(self._workspace, dataset=None, base_model=None).dataset != override.GENERATED:
            raise CliError(
                "The loop's topics are those of the generated headlines: `make demo DATASET=generated` first"
            )
        return ApiClient(url=self._url(), key=deployment.api_key), steps.System(self._workspace)

    @property
    def _command(self) -> str:
        return f".venv/bin/rubric --env {self._workspace.environment}"

    def _url(self) -> str:
        return str(state.read(self._workspace).api_url)

    def _world_moves(self, client: ApiClient) -> tuple[float, dict[str, str]]:
        with self._step("traffic", "the topics shift"):
            sent = list(headlines.headlines(_TRAFFIC, seed=_seed(client.model()["model_version"])))
            before = traffic.send(client, sent, told=self._count)
            self._said = f"{len(sent)} texts about new things: {before:.0%} of the answers are right"
            if before > _LEARNT:
                raise CliError(
                    f"The model that serves has learnt these topics: {before:.0%} of its answers are right. "
                    "`make local-destroy local-down demo` begins anew."
                )
        return before, dict(sent)

    def _desk(self, truth: Mapping[str, str]) -> Desk:
        name = f"desk-{int(time.time())}"
        key = rubric_command.create_key(self._workspace, name=name, scopes=(LABEL,), trusted=True)
        return Desk(ApiClient(url=self._url(), key=str(key["key"])), truth)

    def _retraining(self, system: steps.System) -> str:
        with self._step("retraining", "retraining decides"):
            made = system.decided()
            self._said = str(made["reason"])
            if not steps.trains(made):
                raise CliError(f"Retraining decided: {made['outcome']}. {made['reason']}")
        return str(made["run"])

    def _training(self, system: steps.System, run: str) -> str:
        def told(progress: Progress) -> None:
            self._board.progress("training", done=progress.done, total=progress.total, detail=progress.stage)

        with self._step("training", "a model is trained and judged"):
            made = system.trained(run, told=told)
            if "model_version" not in made:
                raise CliError(f"The run made no model: {made.get('reason', '')}")
            self._said = f"{made['reason']}"
        return str(made["model_version"])

    def _test(self, system: steps.System, desk: Desk) -> None:
        with self._step("replay", "both models answer the logged texts"):
            test = system.test(record.RUNNING, record.ENDING, record.ENDED, told=self._tell)
            self._said = f"{test['compared']} texts, {steps.differing(test)} different answers"
        with self._step("test", "people label the differences"):
            given = desk.label(most=_LABELS, samples=frozenset({"disagreement"}), told=self._count)
            test = system.test(record.ENDING, record.ENDED, told=self._tell)
            self._said = f"{given} labels; {test['reason']}"
            if not steps.is_won(test):
                raise CliError(f"The test of {test['challenger']['version']} ended: {test['reason']}")

    @contextmanager
    def _step(self, key: str, title: str) -> Iterator[None]:
        """A step on the screen and in the last table, which says what `self._said` was set to."""
        started, self._running, self._said = time.monotonic(), key, ""
        self._board.begin(key, title)
        try:
            yield
        except BaseException:
            self._board.fail(key)
            raise
        self._board.end(key, self._said)
        self._steps.append(view.Step(title, time.monotonic() - started, self._said))

    def _tell(self, text: str) -> None:
        self._board.progress(self._running, detail=text)

    def _count(self, number: int) -> None:
        self._board.progress(self._running, detail=f"{number} texts")


def _accuracy(client: ApiClient) -> float:
    """Of the model that serves, on its test texts."""
    model: dict[str, Any] = client.model()
    return float(model["evaluation"]["accuracy"])


def _seed(name: str) -> int:
    """Another one each time that another model serves, so that the loop can be run again."""
    return _SEED + sum(name.encode())
