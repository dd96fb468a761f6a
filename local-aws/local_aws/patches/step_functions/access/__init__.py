"""Check a state machine's role before each task, and when the machine is created or updated."""

from local_aws.patches.step_functions.access import creation, tasks


def install() -> None:
    creation.install()
    tasks.install()
