#!/usr/bin/env python3
"""Set up Rubric in this clone: `python3 tools/setup_env.py [app|model|aws|notebooks|huggingface|mongodb|bench|all]`.

Runs under any Python 3, however old: it finds one that is new enough and hands over to tools/setup/main.py.
"""

# Old syntax on purpose: an old interpreter must get as far as saying that it is too old.
from __future__ import print_function

import os
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def can_make_venvs():
    """Whether the running interpreter has venv and ensurepip, which Debian packages separately."""
    try:
        from importlib.util import find_spec
    except ImportError:
        return False
    return find_spec("venv") is not None and find_spec("ensurepip") is not None


def usable(python):
    """Whether the command `python` starts a Python of a supported version that can make virtual environments."""
    try:
        with open(os.devnull, "w") as null:
            answer = subprocess.check_output([python, "-c", PROBE], stderr=null)
    except (OSError, subprocess.CalledProcessError):
        return False
    version = tuple(int(part) for part in answer.decode().strip().split("."))
    return OLDEST <= version <= NEWEST


def another_python():
    """The first usable python3.x on the PATH, oldest first since the tests run on the oldest; None without one."""
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        name = "python3.%d" % minor
        if usable(name):
            return name
    return None


def complaint():
    """One line that explains the problem of the running Python and the remedy."""
    current = "Python %d.%d.%d (%s)" % (sys.version_info[0], sys.version_info[1], sys.version_info[2], sys.executable)
    if sys.version_info[:2] < OLDEST:
        return (
            current + " is too old: Rubric needs Python %d.%d to %d.%d and none is on the PATH. Install one "
            "(Debian 12, Ubuntu 24.04 or newer: sudo apt install python3 python3-venv; macOS: brew install "
            "python@3.12) and run the same command again." % (OLDEST + NEWEST)
        )
    if not can_make_venvs():
        return (
            current + " cannot make virtual environments. Install its venv module "
            "(Debian, Ubuntu: sudo apt install python%d.%d-venv) and run the same command again." % sys.version_info[:2]
        )
    return (
        current + " is newer than Rubric's packages support: install Python %d.%d to %d.%d beside it "
        "and run the same command again." % (OLDEST + NEWEST)
    )


def main():
    """Hand over to tools/setup/main.py under a suitable Python; returns the exit status."""
    if OLDEST <= sys.version_info[:2] <= NEWEST and can_make_venvs():
        sys.path[0] = ROOT
        from tools.setup import main as setup

        return setup.main(sys.argv[1:])
    other = another_python()
    if other is None:
        print("setup: " + complaint(), file=sys.stderr)
        return 1
    os.execvp(other, [other, os.path.abspath(__file__)] + sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
