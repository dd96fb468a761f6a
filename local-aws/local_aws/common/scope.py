"""The account and region that work is done for: MiniStack keys its records by both, and knows those of the request."""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from local_aws import private_api
from local_aws.common.store import Scope

_RESPONSES = "ministack.core.responses"
_ACCOUNT = private_api.declare(_RESPONSES, "get_account_id", "know the account of a request", takes=())
_REGION = private_api.declare(_RESPONSES, "get_region", "know the region of a request", takes=())
_SCOPE = private_api.declare(
    _RESPONSES, "request_scope", "work for an account and region outside a request", takes=("account_id", "region")
)
_ITEMS = private_api.declare(
    _RESPONSES,
    "AccountRegionScopedDict.all_items",
    "find the accounts and regions that have records",
    takes=("self",),
)


def current() -> Scope:
    return _ACCOUNT.get()(), _REGION.get()()


def with_records(store: Any) -> list[Scope]:
    """Return the accounts and regions that have data in one of MiniStack's stores."""
    keys: Iterable[tuple[Any, Any]] = list(_ITEMS.get()(store))
    return sorted({(key[0], key[1]) for key, _ in keys})


@contextlib.contextmanager
def within(scope: Scope) -> Iterator[None]:
    with _SCOPE.get()(*scope):
        yield


def in_background(name: str, work: Callable[..., Any], *arguments: Any) -> threading.Thread:
    """Run `work` on a new thread with the current account and region."""
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work, *arguments), name=name, daemon=True)
    thread.start()
    return thread
