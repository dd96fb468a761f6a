"""What a command tells its user when it cannot go on."""


class CliError(Exception):
    """A command cannot go on; the message is what to show, one or two lines that say what to do."""
