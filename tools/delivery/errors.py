"""The error that ends a step."""

from __future__ import annotations


class DeliveryError(Exception):
    """A step cannot continue; the message is one sentence that says what to do.

    status: the exit status; USAGE where nothing has been changed.
    """

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


FAILED, USAGE = 1, 2
