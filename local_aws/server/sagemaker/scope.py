"""The account and region that a piece of work is for, as MiniStack keeps them."""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

from local_aws.server import seams
from local_aws.server.sagemaker.store import Scope

_ACCOUNT = seams.declare("ministack.core.responses", "get_account_id", "know the account of a request", takes=())
_REGION = seams.declare("ministack.core.responses", "get_region", "know the region of a request", takes=())
_SCOPE = seams.declare(
    "ministack.core.responses", "request_scope", "work for an account outside a request", takes=("account_id", "region")
)


def current() -> Scope:
    return _ACCOUNT.get()(), _REGION.get()()


@contextlib.contextmanager
def within(scope: Scope) -> Iterator[None]:
    with _SCOPE.get()(*scope):
        yield


def in_background(name: str, work: Callable[..., Any], *arguments: Any) -> threading.Thread:
    """Start `work` on a thread of its own, for the account and region of this one."""
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work, *arguments), name=name, daemon=True)
    thread.start()
    return thread
