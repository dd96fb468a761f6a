"""Check a state machine's role before each task, and when the machine is created or updated."""

from local_aws.patches.step_functions import access_at_creation, task_access


def install() -> None:
    access_at_creation.install()
    task_access.install()
