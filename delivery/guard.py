"""`python -m delivery.guard ENVIRONMENT`: refuses a workflow's run that may not deploy there, before it asks AWS.

A run knows its repository by GITHUB_REPOSITORY and the two ids (GitHub, "Variables reference"). The roles' trust
policies decide; this says the same in a sentence.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from contracts.deployment.delivery import FILE
from environments.delivery import SettingsError, load, of_environment, refuse_another

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None, *, run: Mapping[str, str] = os.environ, root: Path = ROOT) -> int:
    """The command: 0 where the run may deploy, 2 and one line on standard error where it may not."""
    parser = argparse.ArgumentParser(prog="delivery.guard", description=__doc__)
    parser.add_argument("environment", nargs="?", default="", help="the GitHub environment that the job references")
    parser.add_argument("--file", help=f"the account's settings (default: the one that lists it, else {FILE})")
    options = parser.parse_args(argv)
    try:
        listed = None if options.file else of_environment(options.environment, root=root)
        refuse_another(
            listed or load(options.file or FILE, root=root),
            environment=options.environment,
            repository=run.get("GITHUB_REPOSITORY", ""),
            owner_id=run.get("GITHUB_REPOSITORY_OWNER_ID", ""),
            repository_id=run.get("GITHUB_REPOSITORY_ID", ""),
        )
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
