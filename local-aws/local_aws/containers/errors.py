"""Exceptions for the ways a container can end or fail to answer."""


class ContainerFailure(Exception):  # noqa: N818  the names say how a container ended
    """The container failed. `reason` is worded like SageMaker's FailureReason, at most 1,024 characters."""

    LONGEST = 1024

    def __init__(self, reason: str, exit_code: int | None = None) -> None:
        self.reason = reason[: self.LONGEST]
        self.exit_code = exit_code
        super().__init__(self.reason)


class ContainerStopped(Exception):  # noqa: N818
    """The container was stopped on request.

    `reason` is the secondary status, `Stopped` or `MaxRuntimeExceeded`; `artifact_uri` is the S3 URI of the model that
    a stopped training job left, if any; `training_seconds` is how long its process ran.
    """

    def __init__(
        self, reason: str = "Stopped", *, artifact_uri: str | None = None, training_seconds: float = 0.0
    ) -> None:
        self.reason = reason
        self.artifact_uri = artifact_uri
        self.training_seconds = training_seconds
        super().__init__(reason)


class ContainerUnavailable(Exception):  # noqa: N818
    """No model server is available: it is restarting after a crash, or it is stopped."""


class ContainerTimeout(ContainerUnavailable):
    """The model server is running but did not answer in time."""
