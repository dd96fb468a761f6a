"""Security groups and their rules: what EC2 refuses.

Sources: EC2 API reference, CreateSecurityGroup (names and descriptions: up to 255 of `a-z, A-Z, 0-9, spaces, and
._-:/()#,@[]+=&;{}!$*`, a name must not begin with `sg-`), IpRange (the same for a rule's description) and "Error
codes". MiniStack checks only that names are unique.
"""

import re
from typing import Any

from local_aws.patches.ec2 import stores
from local_aws.patches.ec2.stores import Ec2Error

_TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
Rule = dict[str, Any]


def check(*, name: str, description: str, vpc_id: str) -> None:
    """Raise Ec2Error if EC2 would not make this group."""
    stores.vpc(vpc_id)
    if not name or name.startswith("sg-") or not _TEXT.fullmatch(name):
        raise _invalid(name, "groupName")
    if not description:
        raise Ec2Error("MissingParameter", "The request must contain the parameter GroupDescription")
    if not _TEXT.fullmatch(description):
        raise _invalid(description, "GroupDescription")


def check_rules(rules: list[Rule], *, group: dict[str, Any], known: list[Rule]) -> None:
    """Raise Ec2Error for a rule that EC2 refuses. rules: as MiniStack stores them; known: those that are there."""
    for rule in rules:
        for pair in rule.get("UserIdGroupPairs", []):
            if "GroupId" in pair and stores.group(pair["GroupId"])["VpcId"] != group["VpcId"]:
                raise Ec2Error("InvalidGroup.NotFound", f"The security group '{pair['GroupId']}' does not exist")
        for entry in (each for kind in _TARGETS for each in rule.get(kind, [])):
            if not _TEXT.fullmatch(entry.get("Description", "")):
                raise _invalid(entry["Description"], "description")
    seen: list[Any] = [same for rule in known for same in _spread(rule)]
    for same in (each for rule in rules for each in _spread(rule)):
        if same in seen:
            raise Ec2Error("InvalidPermission.Duplicate", f'the specified rule "{_shown(same)}" already exists')
        seen.append(same)


_TARGETS = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}


def _spread(rule: Rule) -> list[tuple[Any, ...]]:
    """Return protocol, ports and target of each entry of a rule."""
    ports = (str(rule.get("IpProtocol")), rule.get("FromPort"), rule.get("ToPort"))
    return [(*ports, entry.get(key)) for kind, key in _TARGETS.items() for entry in rule.get(kind, [])]


def _shown(same: tuple[Any, ...]) -> str:
    protocol, first, last, target = same
    return f"peer: {target}, {protocol.upper()}, from port: {first}, to port: {last}, ALLOW"


def _invalid(value: str, parameter: str) -> Ec2Error:
    return Ec2Error("InvalidParameterValue", f"Value ({value}) for parameter {parameter} is invalid.")
