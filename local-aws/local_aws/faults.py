"""Rare AWS behaviour to switch on while the local AWS runs: list the names in `<folder>/faults`, one per line.

The folder is LOCAL_AWS_FOLDER.
"""

import os
from pathlib import Path

FILE = "faults"
# CloudFormation reports an endpoint update as successful although SageMaker has rolled it back.
SILENT_ROLLBACK = "silent-rollback"
# SageMaker refuses to update an endpoint whose configuration has been deleted.
LOST_CONFIG = "lost-config"
# SageMaker refuses to update an endpoint to the configuration it already serves.
SAME_CONFIG_REFUSED = "same-config-refused"
# Model package events arrive twice.
DOUBLED_EVENTS = "doubled-events"
# Each model package event arrives after the next one, or after two seconds.
REORDERED_EVENTS = "reordered-events"
# Model package events have UpdatedModelPackageFields, which AWS does not document but has been seen to send.
EVENT_FIELDS = "event-fields"


def on(name: str) -> bool:
    """Whether a fault is currently switched on."""
    try:
        text = (Path(os.environ.get("LOCAL_AWS_FOLDER", "")) / FILE).read_text(encoding="utf-8")
    except OSError:
        return False
    return name in text.split()
