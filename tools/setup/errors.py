"""What can go wrong while setting up, each as the one line that the user reads."""


class SetupError(Exception):
    """A setup that cannot go on; the message says why and what to do, `detail` holds the tool's own last lines."""

    def __init__(self, message: str, *, detail: list[str] | None = None) -> None:
        super().__init__(message)
        self.detail = detail or []
