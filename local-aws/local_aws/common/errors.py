"""Errors of the SageMaker APIs, in AWS's wording."""


class ApiError(Exception):
    """An error response: its code, message and HTTP status.

    `extra` holds further members of the error's shape, such as ModelError's OriginalStatusCode.
    """

    def __init__(self, code: str, message: str, status: int = 400, extra: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.extra = extra or {}


def validation(message: str) -> ApiError:
    """Return SageMaker's error for bad input and for most missing resources."""
    return ApiError("ValidationException", message)


def not_found(kind: str, arn: str) -> ApiError:
    """Return the error for a missing model, endpoint configuration or endpoint. kind: AWS's term in the message."""
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
