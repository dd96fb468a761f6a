"""The errors that the SageMaker APIs answer with, worded as AWS words them."""


class ApiError(Exception):
    """An error response: its code, its message and its HTTP status.

    `extra` are further members of the error's shape, such as ModelError's OriginalStatusCode.
    """

    def __init__(self, code: str, message: str, status: int = 400, extra: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.extra = extra or {}


def validation(message: str) -> ApiError:
    """What SageMaker answers for bad input and for most resources that are not there."""
    return ApiError("ValidationException", message)


def not_found(kind: str, arn: str) -> ApiError:
    """A model, endpoint configuration or endpoint that is not there; `kind` as AWS names it in the message."""
    return validation(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ApiError:
    return validation(f'Cannot create already existing {kind} "{arn}".')


def in_use(message: str) -> ApiError:
    return ApiError("ResourceInUse", message)


def limit_exceeded(message: str) -> ApiError:
    return ApiError("ResourceLimitExceeded", message)


def conflict(message: str) -> ApiError:
    return ApiError("ConflictException", message)


def unknown_operation(name: str) -> ApiError:
    return ApiError("UnknownOperationException", f"The local SageMaker does not have the operation {name}.")
