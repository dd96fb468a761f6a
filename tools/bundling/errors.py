"""What can stop a build."""


class BundleError(Exception):
    """A build that cannot go on; the message is the one line that the user reads."""
