"""The one error of an environment file."""

from __future__ import annotations


class SettingsError(Exception):
    """An environment file that cannot be used; the message is one line for the user."""
