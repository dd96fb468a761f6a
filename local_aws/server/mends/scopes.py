"""Accounts and regions: MiniStack keeps its records by both, and knows the current ones from the request."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from local_aws.server import seams

_ENTER = seams.declare(
    "ministack.core.responses",
    "request_scope",
    "work in an account and region outside a request",
    takes=("account_id", "region"),
)
_STORE = seams.declare(
    "ministack.core.responses",
    "AccountRegionScopedDict.all_items",
    "find the accounts and regions that have records",
    takes=("self",),
)


def of(store: Any) -> list[tuple[str, str]]:
    """The (account, region) pairs that have something in one of MiniStack's stores."""
    keys: Iterable[tuple[Any, Any]] = list(_STORE.get()(store))
    return sorted({(key[0], key[1]) for key, _ in keys})


def entered(scope: tuple[str, str]) -> AbstractContextManager[Any]:
    """A context in which MiniStack works in that account and region."""
    context: AbstractContextManager[Any] = _ENTER.get()(*scope)
    return context
