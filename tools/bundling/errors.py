"""Errors that stop a build."""


class BundleError(Exception):
    """A build that cannot continue; the message is one line for the user."""
