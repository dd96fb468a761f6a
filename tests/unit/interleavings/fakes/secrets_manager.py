"""A fake secret with labelled versions and rotations, according to Secrets Manager's API reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.interleavings.explorer.bench import Bench
from tests.unit.interleavings.explorer.engine import Call, Clock, Function, fault

SECRET = "arn:aws:secretsmanager:us-east-1:1:secret:cursors-AbCdEf"
CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_AGAIN_SECONDS, _STEP_SECONDS = 60.0, 30.0


class Secret:
    """The secret. history: the versions that were current, in order, and since when."""

    def __init__(self, first: str, *, clock: Clock) -> None:
        self._clock = clock
        self.values: dict[str, str | None] = {"first": first}
        self.labels = {CURRENT: "first"}
        self.history = ["first"]
        self.since = [clock.now]

    def make(self, call: Call) -> Any:
        """Answers a call."""
        assert call.arguments.pop("SecretId") == SECRET
        return getattr(self, call.operation)(**call.arguments)

    def get_secret_value(self, *, VersionId: str = "", VersionStage: str = CURRENT) -> dict[str, Any]:
        version = VersionId or self.labels.get(VersionStage, "")
        if self.values.get(version) is None:
            raise fault("ResourceNotFoundException")
        return {"SecretString": self.values[version]}

    def describe_secret(self) -> dict[str, Any]:
        stages = {version: [name for name, at in self.labels.items() if at == version] for version in self.values}
        return {"VersionIdsToStages": {version: names for version, names in stages.items() if names}}

    def put_secret_value(
        self, *, ClientRequestToken: str, SecretString: str, VersionStages: list[str]
    ) -> dict[str, Any]:
        if self.values.get(ClientRequestToken) not in (None, SecretString):
            raise fault("ResourceExistsException")
        self.values[ClientRequestToken] = SecretString
        for stage in VersionStages:
            self._move(stage, ClientRequestToken)
        return {}

    def update_secret_version_stage(
        self, *, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str
    ) -> dict[str, Any]:
        if self.labels.get(VersionStage) != RemoveFromVersionId or MoveToVersionId not in self.values:
            raise fault("InvalidParameterException")
        self._move(VersionStage, MoveToVersionId)
        return {}

    def _move(self, stage: str, version: str) -> None:
        before = self.labels.get(stage)
        self.labels[stage] = version
        if stage == CURRENT and before != version:
            assert before is not None
            self.labels[PREVIOUS] = before
            self.history.append(version)
            self.since.append(self._clock.now)

    @property
    def rotates(self) -> bool:
        """Whether a rotation is under way: RotateSecret then returns an error."""
        return self.labels.get(PENDING) not in (None, self.labels[CURRENT])

    def begin(self, token: str) -> None:
        """Begins a rotation; the version's id exists before its value does."""
        assert not self.rotates
        self.values.setdefault(token, None)
        self._move(PENDING, token)

    def call_off(self) -> None:
        """CancelRotateSecret, and removal of the version's label, as its reference advises."""
        del self.labels[PENDING]


class Rotator:
    """Secrets Manager's part: runs the steps in order, and all of them again after one has failed.

    step: runs the function. events: those sent so far, which may come again.
    """

    def __init__(self, bench: Bench, secret: Secret, *, step: Callable[[str, str], Any]) -> None:
        self._bench, self._secret, self._step = bench, secret, step
        self.events: list[tuple[str, str]] = []

    def rotate(self, token: str) -> None:
        self._secret.begin(token)
        self._go_on(token, 0)

    def again(self, event: tuple[str, str]) -> None:
        """Sends an event again."""
        name, token = event
        self._bench.start(f"{name} of {token} again", lambda: self._step(name, token), limit=_STEP_SECONDS)

    def _go_on(self, token: str, number: int) -> None:
        if number == len(STEPS) or self._secret.labels.get(PENDING) != token:
            return
        name = STEPS[number]

        def then(function: Function) -> None:
            if function.error is None:
                self._go_on(token, number + 1)
            else:
                self._bench.at(self._bench.clock.now + _AGAIN_SECONDS, lambda: self._go_on(token, 0))

        self.events.append((name, token))
        self._bench.start(f"{name} of {token}", lambda: self._step(name, token), limit=_STEP_SECONDS, then=then)
