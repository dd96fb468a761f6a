"""Hold a function's reserved concurrency for its versions and aliases too; MiniStack counts only unqualified calls.

Lambda developer guide, "Configuring reserved concurrency for a function": it "applies to the function as a whole,
including versions and aliases".
"""

from typing import Any

from local_aws import private_api

_MODULE = "ministack.services.lambda_svc"
_RESERVED = private_api.declare(
    _MODULE, "_reserved_concurrency", "limit the versions of a function", takes=("func", "config")
)
_FUNCTIONS = private_api.declare(_MODULE, "_functions", "know a function's reserved concurrency")


def install() -> None:
    """Look the limit up in the function's own record where a version's has none."""
    of_record = _RESERVED.get()

    def reserved(func: Any, config: Any) -> int | None:
        found: int | None = of_record(func, config)
        if found is None and config:
            own = _FUNCTIONS.get().get(config.get("FunctionName")) or {}
            found = of_record(own, {})
        return found

    _RESERVED.set(reserved)
