"""The error of a command that cannot continue."""


class CliError(Exception):
    """A command cannot continue; the message to show is one or two lines that say what to do."""
