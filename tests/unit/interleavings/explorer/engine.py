"""Runs functions concurrently; each stops before every AWS call, and the test decides what happens next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from greenlet import GreenletExit, getcurrent, greenlet


class Killed(GreenletExit):  # type: ignore[misc]
    """The function died: out of memory or of time."""


@dataclass
class Call:
    """A call that a function is about to make; `service` is "" for the function's answer, its last act."""

    service: str
    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether the call changes or reports anything."""
        return not self.operation.startswith(("get_", "describe_", "list_"))


class Clock:
    """Seconds since 1970; only moves when set."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def time(self) -> float:
        return self.now

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def fault(code: str, message: str = "") -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def lost() -> ReadTimeoutError:
    """The exception that a function gets when no answer comes."""
    return ReadTimeoutError(endpoint_url="https://aws")


class Function:
    """One invocation: runs `work` in a greenlet, which hands over each call before making it."""

    def __init__(self, name: str, work: Callable[[], Any], *, started: float, limit: float) -> None:
        self.name, self.dies = name, started + limit
        self.wakes = started
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = False
        self._greenlet = greenlet(self._run)
        self._work = work
        self.pending: Call | None = self._switch()

    def _run(self) -> Call | None:
        try:
            self.result = self._work()
        except GreenletExit as error:
            self.error, self.done = error, True
            return None
        except Exception as error:  # noqa: BLE001 (Lambda turns any into the invocation's error)
            self.error = error
        getcurrent().parent.switch(Call("", "answer"))
        self.done = True
        return None

    def _switch(self, *sent: Any) -> Call | None:
        call = self._greenlet.switch(*sent)
        return call if isinstance(call, Call) else None

    def answer(self, make: Callable[[Call], Any]) -> None:
        """Makes the pending call and continues to the next."""
        call = self.pending
        assert call is not None
        if not call.service:
            self.pending = self._switch(None)
            return
        answer, raised = None, None
        try:
            answer = make(call)
        except Exception as error:  # noqa: BLE001 (handed to the function)
            raised = error
        self.pending = self._switch((answer, raised))

    def fail(self, error: Exception) -> None:
        """Makes the pending call raise, whether it was made or not."""
        self.pending = self._switch((None, error))

    def kill(self) -> None:
        """Kills the function before the pending call."""
        self.error, self.done = Killed(), True
        self.pending = None
        self._greenlet.throw(Killed)


class Client:
    """A function's botocore client: each call stops the function."""

    class exceptions:  # noqa: N801 (botocore's name)
        ClientError = ClientError

    def __init__(self, service: str, *, direct: Callable[[Call], Any]) -> None:
        self._service = service
        self._direct = direct

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            made = Call(self._service, operation, arguments)
            parent = getcurrent().parent
            if parent is None:  # outside any function: the test makes the call
                return self._direct(made)
            answer, error = parent.switch(made)
            if error is not None:
                raise error
            return answer

        return call
