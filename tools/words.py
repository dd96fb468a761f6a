"""Runs a command followed by the words of settings: `python -m tools.words STACKS ARGS -- cdk deploy -c env=dev`.

The Makefile hands its settings on by the environment. Some of them are several words, quoted where a word has a space
(`ARGS="-k 'one or other'"`): they are taken apart here, and no shell sees them.
"""

from __future__ import annotations

import os
import shlex
import sys


def words(name: str, text: str) -> list[str]:
    """The words of a setting's value; ValueError with one line where a quote has no end."""
    try:
        return shlex.split(text)
    except ValueError:
        raise ValueError(f"{name}={text}: a quote in it is never closed") from None


def main(argv: list[str]) -> int:
    """Become the command; returns only where that cannot be, with one line on why."""
    end = argv.index("--")
    names, command = argv[:end], argv[end + 1 :]
    try:
        command += [word for name in names for word in words(name, os.environ.get(name, ""))]
        os.execvp(command[0], command)
    except (ValueError, OSError) as error:
        print(f"make: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
