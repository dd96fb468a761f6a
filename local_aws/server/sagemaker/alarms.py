"""The states of CloudWatch alarms, for deployments that roll back on them."""

from collections.abc import Iterable

from local_aws.server import seams

_ALARMS = seams.declare("ministack.services.cloudwatch", "_alarms", "watch the alarms of a deployment")
_COMPOSITE = seams.declare("ministack.services.cloudwatch", "_composite_alarms", "watch the alarms of a deployment")


def states(names: Iterable[str]) -> dict[str, str | None]:
    """Each alarm's state, None for an alarm that is not there."""
    found: dict[str, str | None] = {}
    for name in names:
        alarm = _ALARMS.get().get(name) or _COMPOSITE.get().get(name)
        found[name] = alarm["StateValue"] if alarm else None
    return found
