"""What has drifted in an environment: CloudFormation's findings, and those of the readers beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import from_aws
from ops.stack_drift import detection, purpose, readers
from ops.stack_drift.comparing import Difference
from ops.stack_drift.detection import Detected
from ops.stack_drift.expected import DeployedStack
from ops.stack_drift.readers import ClientOf

Status = Literal["modified", "deleted", "unknown"]
ROLE = "AWS::IAM::Role"
_FINDINGS: dict[str, Status] = {"MODIFIED": "modified", "DELETED": "deleted", "UNKNOWN": "unknown"}


@dataclass(frozen=True, kw_only=True)
class ResourceDrift:
    """A resource that differs, or (`unknown`) could not be read, with the reason. by: who saw it."""

    stack: str
    logical_id: str
    type: str
    physical_id: str
    status: Status
    by: str
    differences: tuple[Difference, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """An environment's drift. on_purpose: lines; not_looked_at: counts by type; looked_at: counts by who looked."""

    environment: str
    stacks: tuple[str, ...]
    found: tuple[ResourceDrift, ...]
    on_purpose: tuple[str, ...] = ()
    not_looked_at: dict[str, int] = field(default_factory=dict)
    looked_at: dict[str, int] = field(default_factory=dict)

    @property
    def drifted(self) -> bool:
        """Whether anything differs from its template."""
        return any(each.status != "unknown" for each in self.found)

    @property
    def incomplete(self) -> bool:
        """Whether something could not be read."""
        return any(each.status == "unknown" for each in self.found)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {"drifted": self.drifted, "incomplete": self.incomplete, **asdict(self)}


def report(environment: str, stacks: list[DeployedStack], *, client_of: ClientOf, say: Callable[[str], None]) -> Report:
    """Look at all stacks. client_of: boto3 clients by service; say: is told what is being waited for."""
    cloudformation = client_of("cloudformation")
    ready = [stack for stack in stacks if stack.status in detection.DETECTABLE]
    say(f"CloudFormation looks at {len(ready)} stacks; that may take minutes.")
    started = {stack.name: detection.start(cloudformation, stack.name) for stack in ready}
    found: list[ResourceDrift] = []
    notes: list[str] = []
    looked, left = Counter[str](), Counter[str]()
    for stack in stacks:
        if stack.name not in started:
            found.append(_whole(stack, f"the stack is in {stack.status}: look again when that has ended"))
            continue
        detected = detection.finished(cloudformation, stack.name, started[stack.name])
        roles = _Roles(stacks)
        for name, resource in stack.resources.items():
            kind, physical = str(resource.get("Type", "")), stack.physical.get(name)
            if physical is None:
                continue
            one = _Resource(stack=stack, name=name, kind=kind, physical=physical)
            drift, by = _one(one, detected.get(name), roles=roles, client_of=client_of)
            if drift and purpose.scheduled(
                kind, stack.properties(name), (d for each in drift for d in each.differences)
            ):
                notes.append(f"{physical}: the schedule has set its limits")
                drift = []
            found += drift
            (looked if by else left)[by or kind] += 1
            notes += _notes(one, found, client_of=client_of)
        notes += purpose.challenger(stack)
    return Report(
        environment=environment,
        stacks=tuple(stack.name for stack in stacks),
        found=tuple(found),
        on_purpose=tuple(notes),
        not_looked_at=dict(sorted(left.items())),
        looked_at=dict(looked),
    )


@dataclass(frozen=True, kw_only=True)
class _Resource:
    stack: DeployedStack
    name: str
    kind: str
    physical: str

    def drift(self, status: Status, by: str, differences: Any = (), reason: str = "") -> ResourceDrift:
        return ResourceDrift(
            stack=self.stack.name,
            logical_id=self.name,
            type=self.kind,
            physical_id=self.physical,
            status=status,
            by=by,
            differences=tuple(differences),
            reason=reason,
        )


def _whole(stack: DeployedStack, reason: str) -> ResourceDrift:
    return ResourceDrift(
        stack=stack.name,
        logical_id="",
        type="AWS::CloudFormation::Stack",
        physical_id=stack.arn,
        status="unknown",
        by="",
        reason=reason,
    )


def _one(
    resource: _Resource, detected: Detected | None, *, roles: _Roles, client_of: ClientOf
) -> tuple[list[ResourceDrift], str]:
    """What is found of one resource, and who looked at it; "" if nobody did."""
    by_cloudformation = detected is not None and detected.status not in ("NOT_CHECKED", "UNSUPPORTED", "UNKNOWN")
    found: list[ResourceDrift] = []
    if detected and detected.status in _FINDINGS:
        status = _FINDINGS[detected.status]
        found.append(resource.drift(status, "CloudFormation", detected.differences, detected.reason))
    read = resource.kind in readers.READERS and (not by_cloudformation or resource.kind in readers.ALWAYS)
    if read:
        own = _read(resource, client_of=client_of)
        found = [each for each in found if each.status != "unknown"]  # the reader's word replaces it
        seen = {difference.path for each in found for difference in each.differences}
        found += [each for each in own if each.status != "modified" or not {d.path for d in each.differences} <= seen]
    if resource.kind == ROLE:
        found += _attached(resource, roles, client_of=client_of)
    return found, "rubric" if read else "CloudFormation" if detected and detected.status in _LOOKED else ""


_LOOKED = ("IN_SYNC", "MODIFIED", "DELETED", "UNKNOWN")


def _read(resource: _Resource, *, client_of: ClientOf) -> Iterator[ResourceDrift]:
    expected = resource.stack.properties(resource.name)
    try:
        differences = readers.read(resource.kind, resource.physical, expected, client_of=client_of)
    except readers.GoneError:
        yield resource.drift("deleted", "rubric")
    except (ClientError, BotoCoreError) as error:
        yield resource.drift("unknown", "rubric", reason=str(from_aws(error)))
    else:
        if differences:
            yield resource.drift("modified", "rubric", differences)


class _Roles:
    """What all stacks of an environment give to each role, by its name."""

    def __init__(self, stacks: list[DeployedStack]) -> None:
        self.inline: dict[str, list[str]] = {}
        self.managed: dict[str, list[str]] = {}
        for stack in stacks:
            for name, resource in stack.resources.items():
                properties = stack.properties(name) if str(resource.get("Type", "")).startswith("AWS::IAM::") else {}
                if resource.get("Type") == ROLE:
                    role = stack.physical.get(name, "")
                    self.managed.setdefault(role, []).extend(properties.get("ManagedPolicyArns") or [])
                    own = [each["PolicyName"] for each in properties.get("Policies") or []]
                    self.inline.setdefault(role, []).extend(own)
                for role in properties.get("Roles") or []:
                    if resource.get("Type") == "AWS::IAM::ManagedPolicy":
                        self.managed.setdefault(role, []).append(stack.physical.get(name, ""))
                    elif "PolicyName" in properties:
                        self.inline.setdefault(role, []).append(properties["PolicyName"])


def _attached(resource: _Resource, roles: _Roles, *, client_of: ClientOf) -> Iterator[ResourceDrift]:
    role = resource.physical
    inline, managed = roles.inline.get(role, []), roles.managed.get(role, [])
    try:
        differences = list(readers.attached(role, inline=inline, managed=managed, client_of=client_of))
    except ClientError as error:
        if readers.gone(error):  # CloudFormation says so
            return
        yield resource.drift("unknown", "rubric", reason=str(from_aws(error)))
        return
    if differences:
        yield resource.drift("modified", "rubric", differences)


def _notes(resource: _Resource, found: list[ResourceDrift], *, client_of: ClientOf) -> list[str]:
    """What an endpoint does on purpose; a count that nothing chose is added to what is found."""
    if resource.kind != purpose.ENDPOINT or any(
        each.logical_id == resource.name for each in found if each.status != "modified"
    ):
        return []
    sagemaker = client_of("sagemaker")
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=resource.physical.rpartition("/")[2])
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    except ClientError:  # the configuration is gone, or may not be read: its own line says so
        return []
    differences, notes = purpose.counts(resource.stack, endpoint, variants=config["ProductionVariants"])
    mine = [
        index
        for index, each in enumerate(found)
        if each.logical_id == resource.name and each.stack == resource.stack.name
    ]
    if differences and mine:
        found[mine[0]] = replace(found[mine[0]], differences=(*found[mine[0]].differences, *differences))
    elif differences:
        found.append(resource.drift("modified", "rubric", differences))
    return [*notes, *purpose.rollout(endpoint)]
