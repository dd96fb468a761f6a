"""A service with AWS's JSON protocol and a store of its own, as MiniStack calls it."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.common import scope, shapes
from local_aws.common.errors import unknown_operation
from local_aws.common.json_protocol import Answer, answer_json, parsed
from local_aws.common.store import Store

Operation = Callable[[dict[str, Any]], dict[str, Any]]


class JsonService:
    """Answers the operations that a subclass puts into `operations`; requests are checked against botocore's model.

    MiniStack calls `handle` and the state hooks. name: the service's name in botocore.
    """

    def __init__(self, name: str) -> None:
        self.store = Store(scope.current)
        self.operations: Mapping[str, Operation] = {}
        self._name = name

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes | str, query_params: dict[str, Any]
    ) -> Answer:
        """Answer a request, with the signature of MiniStack's service handlers."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        return answer_json(lambda: self.call(operation, parsed(body)))

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run an operation while holding the store's lock. Raises ApiError."""
        function = self.operations.get(operation)
        if function is None:
            raise unknown_operation(operation)
        shapes.check_request(self._name, operation, request)
        with self.store.lock:
            return shapes.shaped(self._name, operation, function(request))

    def get_state(self) -> dict[str, Any]:
        return self.store.dump()

    def load_persisted_state(self, saved: dict[str, Any]) -> None:
        self.store.load(saved)

    def reset(self) -> None:
        self.store.clear()
