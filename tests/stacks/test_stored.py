"""No commit replaces a store of people's data: a deployed table, bucket or key stays the same one.

`stored.json` has those of the shipped environments as they were first deployed.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.conftest import ENVIRONMENTS, Synthesise, Synthesised
from tests.stacks.stored import entries

FILE = Path(__file__).with_name("stored.json")
STORED: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
RENAMED = """CloudFormation would delete {name} with all that is in it (or leave it behind, where it is retained)
and make an empty one: it is not in the template any more, or its type changed. Give it back its stack, its logical id
(the construct's path: stacks/data/stack.py) and its type."""
REPLACED = """CloudFormation would put an empty resource in the place of {name}: {what} cannot change after creation.
Put it back, or make a second resource beside it, copy the data, and let both stay for a release."""
INDEXED = """The indexes of {name} changed. CloudFormation creates or deletes one index of a table in a deployment, and
cannot change one: add one of another name, let a release go by, then remove the old one. An index that was added or
removed so belongs in tests/stacks/stored.json:
{now}"""
ADDED = """{name} is new. Add it to tests/stacks/stored.json, where nothing that was deployed may change again:
{now}"""


def faults(stored: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """The remedy for each difference between the list and a template."""
    messages = []
    for name, before in stored.items():
        now = found.get(name)
        if now is None or now["type"] != before["type"]:
            messages.append(RENAMED.format(name=name))
            continue
        changed = [one for one in before["fixed"].keys() | now["fixed"].keys() if differs(before, now, one)]
        messages += [REPLACED.format(name=name, what=" and ".join(sorted(changed)))] if changed else []
        if before.get("indexes") != now.get("indexes"):
            messages.append(INDEXED.format(name=name, now=json.dumps({"indexes": now.get("indexes")}, indent=1)))
    new = {name: now for name, now in found.items() if name not in stored}
    return messages + [ADDED.format(name=name, now=json.dumps({name: now}, indent=1)) for name, now in new.items()]


def differs(before: dict[str, Any], now: dict[str, Any], what: str) -> bool:
    return bool(before["fixed"].get(what) != now["fixed"].get(what))


def of(synthesised: Synthesised) -> dict[str, Any]:
    parts = ("data", "training", "serving", "api", "monitoring")
    stacks = {part: stack for part in parts if (stack := getattr(synthesised.stacks, part)) is not None}
    return entries({stack.stack_name: synthesised.resources(part) for part, stack in stacks.items()})


def test_nothing_that_holds_data_is_replaced(each: Synthesised) -> None:
    name = each.stacks.data.settings.name
    assert faults(STORED[name], of(each)) == [], "\n".join(faults(STORED[name], of(each)))


def test_the_list_has_every_table_and_bucket_of_every_shipped_environment() -> None:
    assert set(STORED) == set(ENVIRONMENTS)
    for name in ENVIRONMENTS:
        kinds = [entry["type"].split("::")[2] for entry in STORED[name].values()]
        assert kinds.count("GlobalTable") == 7 and kinds.count("Bucket") == 3, name


@pytest.mark.parametrize(
    "change", ["data: {write_rate: 9000}", "data: {encryption: s3, point_in_time_recovery: false}"]
)
def test_settings_replace_nothing(synthesise: Synthesise, change: str) -> None:
    found, kept = of(synthesise("prod", change=change)), STORED["prod"]
    both = [{name: one for name, one in side.items() if one["type"] != "AWS::KMS::Key"} for side in (kept, found)]
    assert faults(*both) == []


LOG = "Rubric-prod-Data/RequestLogTable03942DD3"


def altered(**changes: Any) -> dict[str, Any]:
    found = copy.deepcopy(STORED["prod"])
    found[LOG] |= changes
    return found


FIXED = STORED["prod"][LOG]["fixed"]
INDEXES = STORED["prod"][LOG]["indexes"]


@pytest.mark.parametrize(
    ("found", "part"),
    [
        ({name: one for name, one in STORED["prod"].items() if name != LOG}, "CloudFormation would delete Rubric-prod"),
        (altered(type="AWS::DynamoDB::Table"), "its type changed"),
        (altered(fixed={**FIXED, "/properties/KeySchema": []}), "/properties/KeySchema cannot change"),
        (altered(fixed={**FIXED, "/properties/TableName": "mine"}), "/properties/TableName cannot change"),
        (altered(fixed={**FIXED, "key types": {"request_id": "B"}}), "key types cannot change"),
        (altered(indexes={"by_day": INDEXES["by_day"]}), "one index of a table in a deployment"),
        ({**STORED["prod"], "Rubric-prod-Data/New": {"type": "AWS::S3::Bucket", "fixed": {}}}, "New is new. Add it"),
    ],
    ids=["gone", "type", "key", "name", "key-type", "index", "new"],
)
def test_each_way_to_lose_data_is_said(found: dict[str, Any], part: str) -> None:
    [message] = faults(STORED["prod"], found)
    assert part in message
