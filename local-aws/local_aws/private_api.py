"""The private names of MiniStack that this package relies on, each declared with its purpose.

MiniStack does not guarantee them, so its version is pinned and every name is checked before the server starts: an
upgrade that moves one stops with a clear message.

A module declares its names when it is imported, and accesses MiniStack only through them:

    _PROXY = private_api.declare(
        "ministack.services.apigateway", "_invoke_lambda_proxy", "time the integration of an HTTP API",
        takes=("integration", "event"),
    )
    original = _PROXY.get()
    _PROXY.set(replacement)
"""

import importlib
import importlib.metadata
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PINNED_VERSION = "1.5.33"


class NameMoved(Exception):  # noqa: N818 (what has happened, as in the sentence)
    """MiniStack no longer has a private name that this package relies on; the message says which and why it matters."""


@dataclass(frozen=True)
class PrivateName:
    """One private name of MiniStack.

    `attribute` may be dotted (`Worker._drain_stderr_bounded`). `takes` lists the parameter names that the function must
    have, in order; `expects` is an additional check of its shape.
    """

    module: str
    attribute: str
    purpose: str
    takes: tuple[str, ...] | None = None
    expects: Callable[[Any], bool] | None = None

    @property
    def name(self) -> str:
        return f"{self.module}.{self.attribute}"

    def get(self) -> Any:
        """Return the object that currently has this name. Raises NameMoved if it does not exist."""
        owner, last = self._owner()
        try:
            return getattr(owner, last)
        except AttributeError:
            raise NameMoved(self._sentence("is gone")) from None

    def set(self, value: Any) -> None:
        """Replace the object with `value`. Raises NameMoved if there is nothing to replace."""
        self.get()
        owner, last = self._owner()
        setattr(owner, last, value)

    def check(self) -> str | None:
        """Return one sentence if the name has moved or changed its shape, else None."""
        try:
            target = self.get()
        except NameMoved as moved:
            return str(moved)
        if self.takes is not None:
            try:
                names = tuple(inspect.signature(target).parameters)
            except (TypeError, ValueError):
                return self._sentence("is not a function any more")
            if names != self.takes:
                return self._sentence(f"takes ({', '.join(names)}) and not ({', '.join(self.takes)})")
        if self.expects is not None and not self.expects(target):
            return self._sentence("has changed its shape")
        return None

    def _owner(self) -> tuple[Any, str]:
        try:
            owner: Any = importlib.import_module(self.module)
        except ImportError as error:
            raise NameMoved(self._sentence(f"cannot be imported ({error})")) from None
        *parents, last = self.attribute.split(".")
        for parent in parents:
            try:
                owner = getattr(owner, parent)
            except AttributeError:
                raise NameMoved(self._sentence("is gone")) from None
        return owner, last

    def _sentence(self, what: str) -> str:
        return (
            f"MiniStack's {self.name} {what}: it is needed to {self.purpose} "
            f"(pinned ministack {PINNED_VERSION}, installed {installed_version()})."
        )


_declared: dict[tuple[str, str, str], PrivateName] = {}


def declare(
    module: str,
    attribute: str,
    purpose: str,
    *,
    takes: tuple[str, ...] | None = None,
    expects: Callable[[Any], bool] | None = None,
) -> PrivateName:
    """Declare a dependency on MiniStack's `module.attribute`; `purpose` completes "it is needed to ..."."""
    name = PrivateName(module=module, attribute=attribute, purpose=purpose, takes=takes, expects=expects)
    _declared[(module, attribute, purpose)] = name
    return name


def declared() -> list[PrivateName]:
    """Return every private name declared by the modules imported so far, sorted by name."""
    return sorted(_declared.values(), key=lambda name: (name.name, name.purpose))


def check_all() -> list[str]:
    """Return one sentence for each declared name that has moved; empty if none has.

    Call it before anything is replaced: after that, a name refers to our own function.
    """
    return [sentence for sentence in (name.check() for name in declared()) if sentence is not None]


def check_version() -> str | None:
    """Return one sentence if the installed MiniStack is not the pinned version, else None."""
    installed = installed_version()
    if installed == PINNED_VERSION:
        return None
    return f"ministack {PINNED_VERSION} is pinned but {installed} is installed: install that one."


def installed_version() -> str:
    """Return the version of MiniStack in this environment, or "none"."""
    try:
        return importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        return "none"
