"""Parses the CDK CLI's output: one line is one event."""

import re
from dataclasses import dataclass

_RESOURCE = re.compile(
    r"^(?P<stack>\S+) \|\s*(?P<done>\d+)(?:/(?P<total>\d+))? \| [^|]+ "
    r"\| (?P<status>[A-Z_]+)\s*\| (?P<type>\S+)\s*\| (?P<rest>.*)$"
)
_NAMED = re.compile(r"^(?P<path>\S+) \((?P<logical_id>\w+)\)\s*(?P<reason>.*)$")
_BEGUN = re.compile(r"^(?P<stack>\S+): (?:deploying|destroying)\.\.\. \[\d+/\d+\]$")
_ENDED = re.compile(r"^✅\s+(?P<stack>\S+?)(?:: destroyed| (?P<same>\(no changes\)))?$")
_FAILED = re.compile(r"^❌\s+(?P<stack>\S+) failed")
_SYNTHESISED = re.compile(r"Synthesis time: (?P<seconds>[\d.]+)s")
# CloudFormation's reason for a resource that failed only because another one did.
_CANCELLED = re.compile(r"(creation|update|operation|deletion) cancel", re.IGNORECASE)


# What CloudFormation says while Lambda still holds a deleted function's network interfaces
# (aws-cloudformation/cloudformation-coverage-roadmap #392).
_INTERFACES = "waiting for NetworkInterfaces"


@dataclass(frozen=True)
class ResourceEvent:
    """A resource of a stack changed its status; total is None if the CLI does not know it (destroy)."""

    stack: str
    done: int
    total: int | None
    status: str
    resource_type: str
    resource: str
    reason: str

    @property
    def failed(self) -> bool:
        """Whether this resource is a cause of failure, not one cancelled because of another."""
        return self.status.endswith("_FAILED") and not _CANCELLED.search(self.reason)

    @property
    def waits_for_interfaces(self) -> bool:
        """Whether the resource is gone, and CloudFormation waits for its network interfaces."""
        return _INTERFACES in self.reason and not self.failed

    @property
    def of_stack(self) -> bool:
        """Whether the event is about the stack as a whole."""
        return self.resource_type == "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class StackBegan:
    """The CLI starts a stack."""

    stack: str


@dataclass(frozen=True)
class StackEnded:
    """A stack is deployed or destroyed."""

    stack: str
    unchanged: bool


@dataclass(frozen=True)
class StackFailed:
    """A stack failed."""

    stack: str


@dataclass(frozen=True)
class Synthesised:
    """The app is synthesised."""

    seconds: float


Event = ResourceEvent | StackBegan | StackEnded | StackFailed | Synthesised


def parse(line: str) -> Event | None:
    """The event in a line of `cdk deploy|destroy --progress events`; None if it has none."""
    text = line.strip()
    if match := _RESOURCE.match(text):
        return _resource_event(match)
    if match := _BEGUN.match(text):
        return StackBegan(stack=match["stack"])
    if match := _ENDED.match(text):
        return StackEnded(stack=match["stack"], unchanged=match["same"] is not None)
    if match := _FAILED.match(text):
        return StackFailed(stack=match["stack"])
    if match := _SYNTHESISED.search(text):
        return Synthesised(seconds=float(match["seconds"]))
    return None


def _resource_event(match: re.Match[str]) -> ResourceEvent:
    named = _NAMED.match(match["rest"])
    # The line of the stack itself has no logical id.
    resource, reason = (named["path"], named["reason"]) if named else match["rest"].partition(" ")[::2]
    return ResourceEvent(
        stack=match["stack"],
        done=int(match["done"]),
        total=int(match["total"]) if match["total"] else None,
        status=match["status"],
        resource_type=match["type"],
        resource=resource.removesuffix("/Default").removesuffix("/Resource"),
        reason=reason.strip(),
    )
