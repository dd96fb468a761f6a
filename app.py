"""The CDK app's entry: `cdk synth -c env=dev` runs it by way of cdk.json; `-c env=dev,prod` synthesises both."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# The CDK runs on Node: the one pinned beside this Python, where the shell's own is another or missing.
_NODE = Path(sys.executable).with_name("node")
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))

import aws_cdk as cdk  # noqa: E402

from environments.rules import receivers  # noqa: E402
from environments.settings import Settings, SettingsError, load  # noqa: E402
from stacks.application import add_stacks  # noqa: E402
from stacks.deployment import Deployment, MissingBuildError  # noqa: E402

ROOT = Path(__file__).resolve().parent
DEFAULT_ENVIRONMENT = "dev"
WITHOUT_CREATION_TRACES = {"aws:cdk:disable-creation-stack-traces": True}


def main() -> int:
    """Synthesise the environments that `-c env=` names; 1 and one line on standard error if one cannot be."""
    # Without the usage record in every template: it changes with the CDK's version and says nothing about the stack.
    # Nor with stack traces: they name temporary folders, and no two synths would be the same.
    app = cdk.App(analytics_reporting=False, stack_traces=False, context=WITHOUT_CREATION_TRACES)
    try:
        for settings in _named(app.node.try_get_context("env") or DEFAULT_ENVIRONMENT):
            _ask_who_is_told(settings, preview=bool(app.node.try_get_context("preview")))
            add_stacks(app, deployment=Deployment(settings=settings, root=ROOT, build_dir=ROOT / "build"))
    except (SettingsError, MissingBuildError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if app.node.try_get_context("nag"):
        _add_checks(app)
    app.synth()
    return 0


def _named(words: str) -> list[Settings]:
    """The settings of one environment, or of several with commas between them (unless a file has that name)."""
    names = [words] if (ROOT / words).is_file() else [name.strip() for name in words.split(",") if name.strip()]
    found = [load(name, root=ROOT) for name in names]
    stacks = [settings.stack_name("") for settings in found]
    twice = next((name for name, stack in zip(names, stacks, strict=True) if stacks.count(stack) > 1), None)
    if twice is not None:
        raise SettingsError(f"env={words}: {twice} has the stacks of another one in this list; name each once")
    return found


def _ask_who_is_told(settings: Settings, *, preview: bool) -> None:
    """Refuses an environment for real traffic of whose alarms nobody would hear, and warns of another.

    preview: `-c preview=true`, for templates that are only looked at (`make cost`); then it only warns.
    """
    unheard = receivers.unheard(settings)
    if unheard and receivers.refused(settings) and not preview:
        raise SettingsError(unheard)
    if unheard:
        print(f"warning: {unheard}", file=sys.stderr)


def _add_checks(app: cdk.App) -> None:
    # Imported only where asked for: it takes longer to load than the app takes to synthesise.
    from cdk_nag import AwsSolutionsChecks

    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


if __name__ == "__main__":
    sys.exit(main())
