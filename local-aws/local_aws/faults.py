"""What AWS may do and mostly does not, to be switched on while the local AWS runs: a name a line in `<folder>/faults`.

The folder is LOCAL_AWS_FOLDER.
"""

import os
from pathlib import Path

FILE = "faults"
# CloudFormation's update of an endpoint succeeds although SageMaker has taken the rollout back.
SILENT_ROLLBACK = "silent-rollback"
# SageMaker refuses to update an endpoint whose configuration was deleted.
LOST_CONFIG = "lost-config"
# SageMaker refuses to update an endpoint to the configuration that it serves.
SAME_CONFIG_REFUSED = "same-config-refused"
# Events of model packages come twice.
DOUBLED_EVENTS = "doubled-events"
# Each event of a model package comes after the one that follows it, or after two seconds.
REORDERED_EVENTS = "reordered-events"
# Events of model packages have UpdatedModelPackageFields, which AWS does not document but is seen to send.
EVENT_FIELDS = "event-fields"


def on(name: str) -> bool:
    """Whether a fault is switched on now."""
    try:
        text = (Path(os.environ.get("LOCAL_AWS_FOLDER", "")) / FILE).read_text(encoding="utf-8")
    except OSError:
        return False
    return name in text.split()
